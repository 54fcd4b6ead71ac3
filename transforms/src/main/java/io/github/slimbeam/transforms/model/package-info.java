/**
 * What the model is, and its forward pass, one sub-layer at a time. In reading order: {@link
 * io.github.slimbeam.transforms.model.Family} is data, a JSON file per family; {@link
 * io.github.slimbeam.transforms.model.ModelConfig} is {@code config.json} understood; {@link
 * io.github.slimbeam.transforms.model.Model} joins them with a checkpoint whose shapes agree;
 * {@link io.github.slimbeam.transforms.forward.SublayerWeights} holds one sub-layer in native memory,
 * dense or pruned; {@link io.github.slimbeam.transforms.forward.DecoderForward} computes with it;
 * {@link io.github.slimbeam.transforms.work.HiddenStateFiles} keeps what flows between sub-layers;
 * {@link io.github.slimbeam.transforms.forward.LanguageModel} and {@link
 * io.github.slimbeam.transforms.forward.ContinuationScorer} go from tokens to likelihoods.
 *
 * <p>A sub-layer is read as {@code x ← x + W z(x) + b}: the <em>closing linear</em> W and its input
 * z, which the opening linears make. Nothing here names a family.
 */
package io.github.slimbeam.transforms.model;

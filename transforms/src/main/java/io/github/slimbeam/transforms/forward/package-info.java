// SPDX-License-Identifier: Apache-2.0
/**
 * The forward pass, one sub-layer at a time. In reading order: {@link
 * io.github.slimbeam.transforms.forward.SublayerWeights} holds one sub-layer in native memory,
 * dense or pruned; {@link io.github.slimbeam.transforms.forward.SharedWeights} lets the workers of
 * a JVM share them; {@link io.github.slimbeam.transforms.forward.DecoderForward} computes with one;
 * {@link io.github.slimbeam.transforms.forward.Batches} cuts work into pieces that fit, {@link
 * io.github.slimbeam.transforms.forward.ShardForward} goes through a shard; {@link
 * io.github.slimbeam.transforms.forward.LanguageModel} and {@link
 * io.github.slimbeam.transforms.forward.ContinuationScorer} go from tokens to likelihoods.
 *
 * <p>A sub-layer is read as {@code x ← x + W z(x) + b}: the <em>closing linear</em> W and its input
 * z, which the opening linears make.
 */
package io.github.slimbeam.transforms.forward;

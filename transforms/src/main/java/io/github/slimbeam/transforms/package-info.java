// SPDX-License-Identifier: Apache-2.0
/**
 * The steps, as Beam transforms; the list of files is the list of steps. In the order in which data
 * meets them:
 *
 * <ol>
 *   <li>{@link io.github.slimbeam.transforms.ReadTexts} and {@link
 *       io.github.slimbeam.transforms.TokenizeText} or {@link
 *       io.github.slimbeam.transforms.SampleSequences}: text to calibration windows; {@link
 *       io.github.slimbeam.transforms.DigestTexts}: which text it was; {@link
 *       io.github.slimbeam.transforms.ReadWindows}: the windows of a run that is taken up;
 *   <li>{@link io.github.slimbeam.transforms.ClaimWork}: the work directory is this run's, with
 *       what it may hold of a run that was stopped; {@code HashWeights}: the dense weights by which
 *       it is known;
 *   <li>{@link io.github.slimbeam.transforms.PlanPruning}: how much goes where, by a formula or by
 *       what {@link io.github.slimbeam.transforms.DescribeLayers} or {@link
 *       io.github.slimbeam.transforms.MeasureRemovals} finds in a dense pass, or found in that of a
 *       former run: {@code CheckCurves};
 *   <li>{@link io.github.slimbeam.transforms.EmbedTokens}: windows to the hidden states that enter
 *       layer 0;
 *   <li>{@link io.github.slimbeam.transforms.PruneLayers}, for each layer attention then FFN:
 *       {@link io.github.slimbeam.transforms.AccumulateMoments}, {@link
 *       io.github.slimbeam.transforms.PruneSublayer}, {@link
 *       io.github.slimbeam.transforms.ForwardSublayer};
 *   <li>{@link io.github.slimbeam.transforms.WriteCheckpoint}: pruned sub-layers to a checkpoint
 *       directory;
 *   <li>{@link io.github.slimbeam.transforms.ReadHeldOutText} and {@link
 *       io.github.slimbeam.transforms.EvaluatePerplexity}, {@link
 *       io.github.slimbeam.transforms.ReadQuestions} and {@link
 *       io.github.slimbeam.transforms.EvaluateTasks}, which counts what {@link
 *       io.github.slimbeam.transforms.ScoreChoices} finds: what it is worth.
 * </ol>
 *
 * {@link io.github.slimbeam.transforms.PruneModel} is the chain of 2 to 6 as one transform.
 *
 * <p>Invariants: what is large travels by reference, and the sums that are rounded are taken in an
 * order that is written down; every file is written beside its place and renamed; a repeated
 * attempt finds what a former one finished, and the graph is a line, so that a lost worker costs
 * the stage at hand; the result depends on the data, the options and the seed, not on runner,
 * bundles or parallelism. Everything that is not Beam is in the packages below, which never import
 * it, but for {@code filesystems}, which is about Beam's. They are rooms by idea, each with a page
 * like this; a room uses those before it: {@code storage}, {@code checkpoint}, {@code torch},
 * {@code model}, {@code forward}, {@code statistics}, {@code work}, {@code pruning}, {@code
 * planning}, {@code output}, {@code cost}, {@code serving}, {@code generation}; beside them {@code
 * calibration} and {@code evaluation}, which know no model.
 */
package io.github.slimbeam.transforms;

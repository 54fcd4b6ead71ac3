// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.Refit;
import io.github.slimbeam.transforms.pruning.Refitting;
import io.github.slimbeam.transforms.pruning.Target;

/**
 * A run of {@code prune}, as far as its cost depends on it.
 *
 * @param dense the model
 * @param plan what is removed
 * @param method how units are chosen and made up for
 * @param densePass whether the plan takes a dense pass first that describes the layers
 * @param curves whether it takes one that measures removals
 * @param sequences calibration windows
 * @param length tokens of each
 * @param parts in which they travel and are computed
 * @param workers that work at the same time, in one process
 * @param jobs in which the layers are pruned
 * @param modelBytes of the dense weight files
 * @param outputBytes of the pruned ones
 */
public record PruneRun(
    ModelConfig dense,
    PruningPlan plan,
    PruningMethod method,
    boolean densePass,
    boolean curves,
    int sequences,
    int length,
    Parts parts,
    int workers,
    int jobs,
    long modelBytes,
    long outputBytes) {

  /** The same in other parts. */
  public PruneRun in(Parts parts) {
    return new PruneRun(
        dense,
        plan,
        method,
        densePass,
        curves,
        sequences,
        length,
        parts,
        workers,
        jobs,
        modelBytes,
        outputBytes);
  }

  /** Whether the dense model's states are taken along. */
  boolean towardsDense() {
    return Combination.of(method).target() == Target.DENSE;
  }

  /** Tokens that opening linears are fitted to; 0 where none are. */
  double refitTokens() {
    Refitting refitting = Combination.of(method).refitting();
    return refitting.refit() == Refit.FULL
        ? Math.min(tokens(), (double) refitting.tokens(dense.hidden()))
        : 0;
  }

  /** Calibration tokens. */
  double tokens() {
    return (double) sequences * length;
  }

  /** Shards that have a sequence at all. */
  int fullShards() {
    return Math.min(parts.shards(), sequences);
  }

  /** Workers that find a shard to work on. */
  int width() {
    return Math.min(workers, fullShards());
  }

  /** Tokens of a shard. */
  double shardTokens() {
    return Math.ceil((double) sequences / parts.shards()) * length;
  }

  /** Tokens that are computed at once. */
  double batchTokens() {
    double fitting = Math.max(1, parts.batchTokens() / length) * (double) length;
    return Math.min(shardTokens(), fitting);
  }

  /** Parameters of a sub-layer's linears. */
  double parameters(SublayerKind kind, LayerShape shape) {
    return dense.linearParameters(kind, shape);
  }

  /** How many parameters the embedding table has. */
  double tableParameters() {
    return (double) dense.vocabulary() * dense.hidden();
  }
}

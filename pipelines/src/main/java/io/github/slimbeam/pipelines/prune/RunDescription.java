// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.cost.MemoryBudget;
import io.github.slimbeam.transforms.cost.Parts;
import io.github.slimbeam.transforms.cost.PruneRun;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.pruning.Combination;

/** From options to a run, as far as its cost and its memory depend on them. */
public final class RunDescription {
  private RunDescription() {}

  /**
   * The run of a plan, in parts as small as {@code --memory} needs.
   *
   * @param length tokens of a window
   * @param workers that work at the same time, in one process
   * @param modelBytes of the dense weights
   * @param outputBytes of the pruned ones
   * @throws io.github.slimbeam.transforms.storage.BadInputException if it takes more memory anyhow
   */
  public static PruneRun of(
      RecipeOptions options,
      ModelConfig dense,
      Combination method,
      AskedPlan asked,
      PruningPlan plan,
      int length,
      int workers,
      long modelBytes,
      long outputBytes) {
    int layers = dense.layers().size();
    int layersPerJob = PruneRecipes.layersPerJob(options, layers);
    PruneRun run =
        new PruneRun(
            dense,
            plan,
            method,
            asked.describes(),
            asked.measures(),
            PruneRecipes.sequences(options),
            length,
            Parts.of(PruneRecipes.shards(options, dense, length)),
            workers,
            (layers + layersPerJob - 1) / layersPerJob,
            modelBytes,
            outputBytes);
    return options.getMemory() == null
        ? run
        : run.in(MemoryBudget.within(options.getMemory(), run));
  }
}

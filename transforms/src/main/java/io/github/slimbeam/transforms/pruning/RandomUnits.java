// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * Removes units at random: what any method must beat. Each sub-layer draws its own sample, by seed.
 *
 * @param seed another seed, another sample
 */
public record RandomUnits(long seed) implements PruningMethod {
  @Override
  public Profile profile() {
    return new Profile(
        "random", "none: the baseline of baselines", Needs.NOTHING, Recovery.NONE, "uniform");
  }

  @Override
  public List<RecipeOption> options() {
    return List.of(new RecipeOption("seed", Long.toString(seed)));
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return StepCost.elements(size.rows() * size.kept());
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    List<Integer> units = new ArrayList<>(IntStream.range(0, problem.units()).boxed().toList());
    Collections.shuffle(
        units,
        new Random(
            31 * seed
                + 2L * problem.sublayer().getLayer()
                + (problem.kind() == SublayerKind.FFN ? 1 : 0)));
    return PruningOutcome.selecting(scope, problem, units.subList(0, problem.removed()));
  }
}

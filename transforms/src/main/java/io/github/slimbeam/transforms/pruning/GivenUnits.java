// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * No choice of its own: the units stay that the plan names, see {@link
 * io.github.slimbeam.schemas.SublayerTarget}. So a recovery, a target and a refit can be given to
 * what another run or another tool chose; unless told otherwise, ours.
 */
public record GivenUnits() implements PruningMethod {
  /** Its name, and that of plans that name the units that stay. */
  public static final String NAME = "kept";

  @Override
  public Profile profile() {
    return new Profile(
        NAME,
        "whoever chose the units",
        Needs.NOTHING,
        Recovery.COMPENSATION,
        NAME,
        Target.DENSE,
        Refit.FULL);
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    if (problem.kept().size() != problem.units() - problem.removed()) {
      throw new IllegalArgumentException(
          problem.where()
              + ": the plan names "
              + problem.kept().size()
              + " units that stay, and removes "
              + problem.removed()
              + " of "
              + problem.units());
    }
    Set<Integer> kept = new HashSet<>(problem.kept());
    List<Integer> removed =
        IntStream.range(0, problem.units()).filter(unit -> !kept.contains(unit)).boxed().toList();
    return PruningOutcome.selecting(scope, problem, removed);
  }
}

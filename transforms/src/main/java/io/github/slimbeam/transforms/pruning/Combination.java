// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.List;

/**
 * A method's selection followed by a recovery, which need not be its own.
 *
 * @param selection chooses the units
 * @param recovery makes up for them
 */
public record Combination(PruningMethod selection, Recovery recovery) implements PruningMethod {

  /** The method with the recovery of its paper; a combination stays as it is. */
  public static Combination of(PruningMethod method) {
    return method instanceof Combination combination
        ? combination
        : new Combination(method, method.profile().recovery());
  }

  @Override
  public Profile profile() {
    Profile own = selection.profile();
    boolean more = recovery != Recovery.NONE && own.needs().compareTo(Needs.MOMENTS) < 0;
    return new Profile(
        own.name(), own.reference(), more ? Needs.MOMENTS : own.needs(), recovery, own.schedule());
  }

  @Override
  public List<RecipeOption> options() {
    List<RecipeOption> options = new ArrayList<>(selection.options());
    options.add(new RecipeOption("recovery", recovery.optionName()));
    return options;
  }

  @Override
  public StepCost cost(ProblemSize size) {
    boolean made = recovery == Recovery.COMPENSATION && selection.compensates();
    return made ? selection.cost(size) : selection.cost(size).plus(recovery.cost(size));
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return PruneMemory.need(
        problem.sublayer(),
        problem.weight().getShape().get(1),
        () -> recovery.apply(scope, problem, selection.prune(scope, problem)));
  }
}

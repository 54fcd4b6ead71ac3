// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.List;

/**
 * A method's selection followed by a recovery and a refit, towards a target, none of which need be
 * its own.
 *
 * @param selection chooses the units
 * @param recovery makes up for them
 * @param target what the sub-layers' outputs shall be like
 * @param refitting what is solved for once more at the end
 */
public record Combination(
    PruningMethod selection, Recovery recovery, Target target, Refitting refitting)
    implements PruningMethod {

  /**
   * Checks what goes with what.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the two that do not
   */
  public Combination {
    Profile own = selection.profile();
    check(
        target == Target.SELF || own.needs() == Needs.MOMENTS || own.needs() == Needs.NOTHING,
        "⟨target⟩=dense does not go with ⟨method⟩=%s, whose scores are of inputs that count alike: choose"
            + " slimbeam, slimgpt, magnitude or random",
        own.name());
    check(
        target == Target.SELF || recovery == Recovery.COMPENSATION,
        "⟨target⟩=dense does not go with ⟨recovery⟩=%s, which makes the sub-layer's own outputs again: choose"
            + " compensation",
        recovery.optionName());
    Refit refit = refitting.refit();
    check(
        refit != Refit.FULL || target == Target.DENSE,
        "⟨refit⟩=full does not go with ⟨target⟩=self, which opening weights meet as they are: choose dense");
    check(
        refit == Refit.NONE || recovery == Recovery.COMPENSATION,
        "⟨refit⟩=%s does not go with ⟨recovery⟩=%s, whose weights it would replace: choose compensation",
        refit.optionName(),
        recovery.optionName());
  }

  /** With the target and the refit of the method. */
  public Combination(PruningMethod selection, Recovery recovery) {
    this(
        selection,
        recovery,
        selection.profile().target(),
        Refitting.of(selection.profile().refit()));
  }

  /** The method with the recovery of its paper; a combination stays as it is. */
  public static Combination of(PruningMethod method) {
    return method instanceof Combination combination
        ? combination
        : new Combination(method, method.profile().recovery());
  }

  /** How units are eliminated where the plan depends on it: as the selection does, or SlimGPT's. */
  public SlimGpt elimination() {
    if (selection instanceof SlimBeam own) {
      return own.elimination();
    }
    return selection instanceof SlimGpt paper ? paper : SlimGpt.defaults();
  }

  @Override
  public Profile profile() {
    Profile own = selection.profile();
    boolean more = recovery != Recovery.NONE && own.needs().compareTo(Needs.MOMENTS) < 0;
    return new Profile(
        own.name(),
        own.reference(),
        more ? Needs.MOMENTS : own.needs(),
        recovery,
        own.schedule(),
        target,
        refitting.refit());
  }

  @Override
  public List<RecipeOption> options() {
    List<RecipeOption> options = new ArrayList<>(selection.options());
    options.add(new RecipeOption("recovery", recovery.optionName()));
    if (target != Target.SELF) {
      options.add(new RecipeOption("target", target.optionName()));
    }
    options.addAll(refitting.options());
    return options;
  }

  @Override
  public StepCost cost(ProblemSize size) {
    StepCost cost = selection.cost(size);
    if (refitting.refit() != Refit.NONE) {
      return cost.plus(NormalEquations.cost(size));
    }
    boolean made = recovery == Recovery.COMPENSATION && selection.compensates();
    return made ? cost : cost.plus(recovery.cost(size));
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return PruneMemory.need(
        problem.sublayer(),
        problem.weight().getShape().get(1),
        () -> {
          PruningOutcome selected = selection.prune(scope, problem);
          // A refit solves for the weights that its recovery would make.
          return refitting.refit() == Refit.NONE
              ? recovery.apply(scope, problem, selected)
              : refitted(scope, problem, selected);
        });
  }

  /**
   * Where nothing goes the weights stay, unless sub-layers before it have changed what they should
   * make.
   */
  PruningOutcome untouched(TorchScope scope, PruningProblem problem) {
    PruningOutcome dense = PruningOutcome.selecting(scope, problem, List.of());
    return refitting.refit() != Refit.NONE && problem.missesTarget()
        ? refitted(scope, problem, dense)
        : dense;
  }

  private static PruningOutcome refitted(
      TorchScope scope, PruningProblem problem, PruningOutcome made) {
    double damping = Math.max(made.damping(), NormalEquations.DAMPING);
    PruningOutcome fitted = NormalEquations.solve(scope, problem, problem.moments(), made, damping);
    return fitted.withSteps(made);
  }
}

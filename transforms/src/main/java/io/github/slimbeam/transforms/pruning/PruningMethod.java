// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.Serializable;
import java.util.List;

/** A way to choose the units that a sub-layer loses. Pure: same problem, same outcome. */
public interface PruningMethod extends Serializable {

  /**
   * What is known of a method before it runs.
   *
   * @param name its name on the command line
   * @param reference the paper it is from
   * @param needs what it must be given besides the closing linear's weights
   * @param recovery the recovery it goes with in its paper
   * @param schedule the schedule it goes with in its paper, see {@link PlanRequest}
   * @param target what its sub-layers' outputs shall be like
   * @param refit what is solved for once more at the end
   */
  record Profile(
      String name,
      String reference,
      Needs needs,
      Recovery recovery,
      String schedule,
      Target target,
      Refit refit) {
    /** Of a method of the papers', whose targets are a sub-layer's own outputs. */
    public Profile(String name, String reference, Needs needs, Recovery recovery, String schedule) {
      this(name, reference, needs, recovery, schedule, Target.SELF, Refit.NONE);
    }
  }

  /** What a method must be given besides the closing linear's weights. */
  enum Needs {
    NOTHING("nothing"),
    DIAGONAL("Σx and the diagonal of XᵀX"),
    MOMENTS("n, Σx and XᵀX"),
    MOMENTS_AND_OPENINGS("n, Σx and XᵀX, and the opening linears");

    private final String description;

    Needs(String description) {
      this.description = description;
    }

    /** What is needed, as tables of the methods say it. */
    public String description() {
      return description;
    }
  }

  /** What is known of it before it runs. */
  Profile profile();

  /** Its options, as far as they decide the result. */
  default List<RecipeOption> options() {
    return List.of();
  }

  /** Solves a problem; the outcome's tensors belong to {@code scope}. */
  PruningOutcome prune(TorchScope scope, PruningProblem problem);

  /**
   * What its selection costs, and for a {@link Combination} its recovery as well; the flops are
   * those that the class counts. Of a method that does not say, only what is around it is reckoned.
   */
  default StepCost cost(ProblemSize size) {
    return StepCost.NOTHING;
  }

  /** Whether its selection makes up for what it removes while it goes on. */
  default boolean compensates() {
    return false;
  }

  /** Its name on the command line. */
  default String name() {
    return profile().name();
  }

  /** What it must be given besides the closing linear's weights. */
  default Needs needs() {
    return profile().needs();
  }
}

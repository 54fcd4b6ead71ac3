// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * Our own: SlimGPT's elimination, towards the dense model's states instead of the sub-layer's own
 * outputs, from the weights that meet them best, with the closing linear solved for once more; and
 * units of all layers compete, see {@link io.github.slimbeam.transforms.planning.GlobalAllocation}.
 * With {@code target=self}, no refit and the logarithmic schedule it is SlimGPT to the bit.
 *
 * <p><em>Cost</em>: SlimGPT's, 2 m n² flops for the first weights and {@link NormalEquations} for
 * the last.
 *
 * @param elimination how units are eliminated
 */
public record SlimBeam(SlimGpt elimination) implements PruningMethod {

  /** The default: SlimGPT's, with channels in small groups of one size. */
  public static SlimBeam defaults() {
    return new SlimBeam(
        new SlimGpt(HeadScore.EXACT, GroupSizes.FIXED, SlimGpt.defaults().damping()));
  }

  @Override
  public Profile profile() {
    return new Profile(
        "slimbeam",
        "this project, docs/methods.md",
        Needs.MOMENTS,
        Recovery.COMPENSATION,
        "global",
        Target.DENSE,
        Refit.FULL);
  }

  @Override
  public List<RecipeOption> options() {
    return elimination.options();
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return elimination.cost(size);
  }

  @Override
  public boolean compensates() {
    return true;
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return elimination.prune(scope, problem);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchScope;

/**
 * FLAP's selection: removes the units whose input fluctuates least, Σ ‖W_:j‖² Var(X_j) over their
 * columns j: what hardly varies, a bias replaces ({@link Recovery#BIAS}).
 *
 * <p><em>Cost</em>: 2 m n flops; needs the diagonal of XᵀX, and Σx.
 */
public record Flap() implements PruningMethod {
  @Override
  public Profile profile() {
    return new Profile(
        "flap",
        "An et al., Fluctuation-based Adaptive Structured Pruning for Large Language Models, AAAI 2024",
        Needs.DIAGONAL,
        Recovery.BIAS,
        "flap");
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return ColumnScores.cost(size);
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return ColumnScores.removeLeast(scope, problem, ColumnScores.fluctuation(problem));
  }
}

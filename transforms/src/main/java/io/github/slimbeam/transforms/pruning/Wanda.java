// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchScope;

/**
 * Wanda, structured: removes the units of least Σ_ij |W_ij| ‖X_j‖ over their columns j.
 *
 * <p><em>Cost</em>: 2 m n flops; needs the diagonal of XᵀX.
 */
public record Wanda() implements PruningMethod {
  @Override
  public Profile profile() {
    return new Profile(
        "wanda",
        "Sun et al., A Simple and Effective Pruning Approach for Large Language Models, ICLR 2024; structured as Wanda-sp by An et al., AAAI 2024",
        Needs.DIAGONAL,
        Recovery.NONE,
        "uniform");
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return ColumnScores.cost(size);
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return ColumnScores.removeLeast(scope, problem, ColumnScores.wanda(problem));
  }
}

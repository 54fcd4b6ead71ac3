// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchScope;

/**
 * Optimal Brain Surgeon's, {@link NormalEquations} on the damped Hessian. SlimGPT makes the same
 * weights while it selects; for other selections they are solved for here.
 *
 * <p><em>Reference</em>: Ling et al., NeurIPS 2024 (SlimGPT), equation 5.
 */
final class Compensation implements RecoveryStep {
  @Override
  public boolean makesBias() {
    return false;
  }

  @Override
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    return selected.compensated()
        ? selected
        : NormalEquations.solve(
            scope, problem, problem.moments(), selected, NormalEquations.DAMPING);
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return NormalEquations.cost(size);
  }

  @Override
  public double memory(double columns) {
    return NormalEquations.memory(columns);
  }
}

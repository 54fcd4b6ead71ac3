// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;

/**
 * b ← b + W_S x̄_S: the mean of what is gone.
 *
 * <p><em>Reference</em>: An et al., AAAI 2024 (FLAP), section 3.2.
 */
final class LostMean implements RecoveryStep {
  private static final TorchProgram PROGRAM = TorchProgram.of(LostMean.class);
  private static final RecoveryStep KEPT = new KeptColumns();

  @Override
  public boolean makesBias() {
    return true;
  }

  @Override
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    PruningOutcome kept = KEPT.apply(scope, problem, selected);
    return kept.withBias(
        PROGRAM.call(
            scope,
            "lost_mean",
            problem.weight(),
            kept.weight(),
            problem.moments().mean(scope),
            RecoveryStep.kept(scope, problem, selected)));
  }

  @Override
  public StepCost cost(ProblemSize size) {
    double m = size.rows();
    return KEPT.cost(size)
        .plus(new StepCost(4 * m * size.columns(), m * size.kept() * Double.BYTES));
  }

  @Override
  public double memory(double columns) {
    return KEPT.memory(columns);
  }
}

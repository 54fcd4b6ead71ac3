// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchScope;

/** The kept columns without what the selection may have done to them. */
final class KeptColumns implements RecoveryStep {
  @Override
  public boolean makesBias() {
    return false;
  }

  @Override
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    return PruningOutcome.selecting(scope, problem, selected.removalOrder())
        .withScores(selected.scores());
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return StepCost.elements(size.rows() * size.kept());
  }

  @Override
  public double memory(double columns) {
    return 0;
  }
}

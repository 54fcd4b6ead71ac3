// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * Slope and intercept per output channel by ordinary least squares of y on W_R x_R: W_R ← α W_R, b
 * ← b + β, α = cov/var, β = ȳ − α x̄; α = 1 where the kept output does not vary.
 *
 * <p><em>Reference</em>: Guo et al., ICML 2025 (SlimLLM).
 */
final class Regression implements RecoveryStep {
  private static final TorchProgram PROGRAM = TorchProgram.of(Regression.class);

  @Override
  public boolean makesBias() {
    return true;
  }

  @Override
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    NDArray kept = RecoveryStep.kept(scope, problem, selected);
    try (TorchScope inner = scope.nested()) {
      List<NDArray> line =
          PROGRAM.callTuple(
              inner,
              "regression",
              problem.weight(),
              problem.moments().covariance(inner),
              problem.moments().mean(inner),
              kept);
      NDArray weight = PROGRAM.call(inner, "scaled", problem.weight(), line.get(0), kept);
      return selected.withWeight(scope.adopt(weight), 0, 0).withBias(scope.adopt(line.get(1)));
    }
  }

  @Override
  public StepCost cost(ProblemSize size) {
    double m = size.rows();
    double n = size.columns();
    double kept = size.kept();
    return StepCost.elements(2 * n * n + kept * n + kept * kept + 6 * m * kept)
        .plus(StepCost.product(m, kept, n))
        .plus(StepCost.product(m, kept, kept));
  }

  @Override
  public double memory(double columns) {
    return 2 * columns * columns * Double.BYTES;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;

/**
 * Weights and intercept fitted together: no W_R and b make ‖WX − W_R X_R − b‖² smaller. Centring
 * parts the two: W_R solves the {@link NormalEquations} of the covariance C = XXᵀ/n − μμᵀ, and b ←
 * b + Wμ − W_R μ_R. {@link Regression} is the fit of one slope for all columns of an output, {@link
 * LostMean} that of the intercept alone. Damped as {@link LeastSquares} is.
 */
final class AffineLeastSquares implements RecoveryStep {
  private static final TorchProgram PROGRAM = TorchProgram.of(LostMean.class);

  @Override
  public boolean makesBias() {
    return true;
  }

  @Override
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    Moments moments = problem.moments();
    try (TorchScope inner = scope.nested()) {
      // C is divided by the tokens already.
      Moments centred =
          new Moments(
              1, moments.sum(), Gram.of(moments.covariance(inner)), moments.openingSquares());
      PruningOutcome fitted =
          NormalEquations.solve(scope, problem, centred, selected, LeastSquares.damping(problem));
      return fitted.withBias(
          PROGRAM.call(
              scope,
              "lost_mean",
              problem.weight(),
              fitted.weight(),
              moments.mean(inner),
              RecoveryStep.kept(inner, problem, selected)));
    }
  }

  @Override
  public StepCost cost(ProblemSize size) {
    double n = size.columns();
    return NormalEquations.cost(size)
        .plus(StepCost.elements(4 * n * n))
        .plus(new StepCost(4 * size.rows() * n, 0));
  }

  @Override
  public double memory(double columns) {
    return NormalEquations.memory(columns) + columns * columns * Double.BYTES;
  }
}

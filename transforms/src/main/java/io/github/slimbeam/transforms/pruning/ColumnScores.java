// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What the baselines have in common: a score for each column, summed over a unit; the lowest units
 * go.
 */
public final class ColumnScores {
  private static final TorchProgram PROGRAM = TorchProgram.of(ColumnScores.class);

  private ColumnScores() {}

  /** The cost of any score, and of the columns that stay. */
  static StepCost cost(ProblemSize size) {
    double weights = size.rows() * size.columns();
    return new StepCost(2 * weights, weights * Double.BYTES)
        .plus(StepCost.elements(size.rows() * size.kept()));
  }

  /** ‖W_:j‖². */
  static double[] magnitude(PruningProblem problem) {
    return values("magnitude", problem.weight());
  }

  /** ‖W_:j‖², the squared norm of each column of a weight [m, n]. */
  public static double[] magnitude(TorchScope scope, NDArray weight) {
    return PROGRAM.call(scope, "magnitude", weight).toDoubleArray();
  }

  /** Σ_i |W_ij| · ‖X_j‖. */
  static double[] wanda(PruningProblem problem) {
    try (TorchScope scope = TorchScope.open()) {
      return values("wanda", problem.weight(), problem.moments().gram().diagonal(scope));
    }
  }

  /** ‖W_:j‖² · Var(X_j). */
  static double[] fluctuation(PruningProblem problem) {
    try (TorchScope scope = TorchScope.open()) {
      NDArray mean = problem.moments().mean(scope);
      return values(
          "fluctuation",
          problem.weight(),
          problem.moments().gram().diagonal(scope),
          mean,
          problem.moments().count());
    }
  }

  /** The outcome that removes the units of least summed score; ties go to the lower number. */
  static PruningOutcome removeLeast(
      TorchScope scope, PruningProblem problem, double[] columnScores) {
    double[] units = new double[problem.units()];
    for (int column = 0; column < columnScores.length; column++) {
      units[column / problem.unitSize()] += columnScores[column];
    }
    List<Integer> removed =
        IntStream.range(0, units.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> units[i]))
            .limit(problem.removed())
            .toList();
    return PruningOutcome.selecting(scope, problem, removed).withScores(units);
  }

  private static double[] values(String method, Object... arguments) {
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM.call(scope, method, arguments).toDoubleArray();
    }
  }
}

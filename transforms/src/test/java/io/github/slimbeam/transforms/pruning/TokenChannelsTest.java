// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.pruning.SlimLlm.Search;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/**
 * SlimLLM's channel scores against the authors' code read literally, eigenvectors by Jacobi
 * rotations.
 */
class TokenChannelsTest {
  private static final Percentage MILLIONTH = Percentage.withPercentage(1e-4);

  @Test
  void aChannelsScoreIsDownPlusGatePlusUp() {
    for (long seed = 0; seed < 5; seed++) {
      Tokens tokens = Tokens.channels(seed);
      double[] expected = literal(tokens);
      try (TorchScope scope = TorchScope.open()) {
        double[] actual = SlimLlm.channelScores(tokens.problem(scope, 1));
        assertThat(actual).hasSize(tokens.units);
        for (int j = 0; j < actual.length; j++) {
          assertThat(actual[j]).isCloseTo(expected[j], MILLIONTH);
        }
      }
    }
  }

  @Test
  void theLowestPercentStaysAndTheNextGo() {
    Tokens tokens = Tokens.channels(3);
    double[] scores = literal(tokens);
    List<Integer> ascending = new ArrayList<>(tokens.all());
    ascending.sort(Comparator.comparingDouble(j -> scores[j]));
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = tokens.problem(scope, 40);
      // 1 % of 120 channels, rounded.
      assertThat(new SlimLlm(Search.SWEEP, true).prune(scope, problem).removalOrder())
          .isEqualTo(ascending.subList(1, 41));
      assertThat(new SlimLlm(Search.SWEEP, false).prune(scope, problem).removalOrder())
          .isEqualTo(ascending.subList(0, 40));
    }
  }

  @Test
  void theWholeOrderWithoutTheLowestIsStillPossible() {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = Tokens.channels(4).problem(scope, 119);
      PruningOutcome outcome = new SlimLlm(Search.SWEEP, true).prune(scope, problem);
      assertThat(outcome.kept()).hasSize(1).doesNotContainAnyElementsOf(outcome.removalOrder());
    }
  }

  @Test
  void channelsThatCannotGoBecauseTheLowestStayAreRefused() {
    // 1 % of 240 channels is 2: of 239 to go, one is spared too many.
    Tokens half = Tokens.channels(5);
    Tokens tokens =
        new Tokens(
            half.kind,
            twice(half.w),
            stacked(half.x),
            240,
            1,
            half.openings.stream().map(TokenChannelsTest::stacked).toList(),
            half.a);
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = tokens.problem(scope, 239);
      assertThatThrownBy(() -> new SlimLlm(Search.SWEEP, true).prune(scope, problem))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "test: 239 channels cannot go while the lowest 2 stay: choose a lower ratio or"
                  + " keepLowest=false");
    }
  }

  @Test
  void jacobiRotationsDiagonaliseAKnownMatrix() {
    double[][] v = new double[2][2];
    double[] lambda = eigen(new double[][] {{2, 1}, {1, 2}}, v);
    Arrays.sort(lambda);
    assertThat(lambda).containsExactly(new double[] {1, 3}, within(1e-14));
  }

  private static double[] literal(Tokens tokens) {
    double[][] y = tokens.output(tokens.all());
    int m = y.length;
    for (double[] row : y) {
      double mean = Arrays.stream(row).average().orElseThrow();
      Arrays.setAll(row, t -> row[t] - mean);
    }
    double[][] v = new double[m][m];
    double[] lambda = eigen(NaiveMatrix.product(y, NaiveMatrix.transposed(y)), v);
    double mean = Arrays.stream(lambda).map(Math::abs).average().orElseThrow();
    double[] scores = new double[tokens.units];
    for (int j = 0; j < scores.length; j++) {
      double seen = 0;
      for (int k = 0; k < m; k++) {
        double dot = 0;
        for (int c = 0; c < m; c++) {
          dot += tokens.w[c][j] * v[c][k];
        }
        double omega = 1 / (1 + Math.exp(-Math.abs(lambda[k]) / mean));
        seen += Math.pow(Math.abs(dot) * omega, 2);
      }
      scores[j] = norm(tokens.x[j]) * Math.sqrt(seen);
      for (double[][] opening : tokens.openings) {
        double[] product = new double[tokens.a.length];
        for (int d = 0; d < product.length; d++) {
          product[d] = opening[j][d] * norm(tokens.a[d]);
        }
        scores[j] += norm(product);
      }
    }
    return scores;
  }

  /** Eigenvalues of a symmetric matrix; its eigenvectors become the columns of v. */
  private static double[] eigen(double[][] matrix, double[][] v) {
    int n = matrix.length;
    double[][] a = Arrays.stream(matrix).map(double[]::clone).toArray(double[][]::new);
    for (int i = 0; i < n; i++) {
      v[i][i] = 1;
    }
    for (int round = 0; round < 30; round++) {
      for (int p = 0; p < n; p++) {
        for (int q = p + 1; q < n; q++) {
          double angle = 0.5 * Math.atan2(2 * a[p][q], a[q][q] - a[p][p]);
          rotate(a, v, p, q, Math.cos(angle), Math.sin(angle));
        }
      }
    }
    double[] lambda = new double[n];
    Arrays.setAll(lambda, i -> a[i][i]);
    return lambda;
  }

  private static void rotate(double[][] a, double[][] v, int p, int q, double cos, double sin) {
    for (double[][] rows : List.of(a, v)) {
      for (double[] row : rows) {
        double x = row[p];
        row[p] = cos * x - sin * row[q];
        row[q] = sin * x + cos * row[q];
      }
    }
    for (int i = 0; i < a.length; i++) {
      double x = a[p][i];
      a[p][i] = cos * x - sin * a[q][i];
      a[q][i] = sin * x + cos * a[q][i];
    }
  }

  private static double norm(double[] x) {
    return Math.sqrt(Arrays.stream(x).map(v -> v * v).sum());
  }

  private static double[][] twice(double[][] w) {
    return NaiveMatrix.transposed(stacked(NaiveMatrix.transposed(w)));
  }

  private static double[][] stacked(double[][] rows) {
    double[][] all = Arrays.copyOf(rows, 2 * rows.length);
    System.arraycopy(rows, 0, all, rows.length, rows.length);
    return all;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The recoveries against plain loops over tokens, on heads, KV groups and channels. */
class TokenRecoveryTest {
  static Stream<Tokens> shapes() {
    return Stream.of(Tokens.heads(11), Tokens.groups(12), Tokens.channels(13));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void regressionIsOrdinaryLeastSquaresOverTheTokens(Tokens tokens) {
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = pruned(scope, tokens, Recovery.REGRESSION);
      double[][] weight = keptColumns(tokens, outcome);
      double[][] x = tokens.output(outcome.kept());
      double[][] y = tokens.output(tokens.all());
      double[] bias = new double[Tokens.ROWS];
      for (int c = 0; c < Tokens.ROWS; c++) {
        double[] line = line(x[c], y[c]);
        double slope = line[0];
        double[] row = weight[c];
        Arrays.setAll(row, j -> slope * row[j]);
        bias[c] = line[1];
      }
      assertClose(outcome.weight().toDoubleArray(), NaiveMatrix.flat(weight));
      assertClose(outcome.bias().toDoubleArray(), bias);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void biasIsTheMeanOutputOfWhatIsGone(Tokens tokens) {
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = pruned(scope, tokens, Recovery.BIAS);
      double[] lost =
          Arrays.stream(tokens.output(outcome.removalOrder()))
              .mapToDouble(row -> Arrays.stream(row).average().orElseThrow())
              .toArray();
      assertClose(outcome.weight().toDoubleArray(), kept(tokens, outcome));
      assertClose(outcome.bias().toDoubleArray(), lost);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void leastSquaresSolvesTheNormalEquationsOfTheTokens(Tokens tokens) {
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = pruned(scope, tokens, Recovery.LEAST_SQUARES);
      assertClose(outcome.weight().toDoubleArray(), refit(tokens, outcome, tokens.x));
      assertThat(outcome.bias()).isNull();
      assertThat(outcome.damping()).isZero();
      assertThat(outcome.dampingRaised()).isZero();
    }
  }

  /** Least squares of what varies, and the rest's mean. */
  @ParameterizedTest
  @MethodSource("shapes")
  void affineIsLeastSquaresWithAnIntercept(Tokens tokens) {
    double[][] centred =
        Arrays.stream(tokens.x)
            .map(
                row -> {
                  double mean = Arrays.stream(row).average().orElseThrow();
                  return Arrays.stream(row).map(v -> v - mean).toArray();
                })
            .toArray(double[][]::new);
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = pruned(scope, tokens, Recovery.AFFINE);
      double[] weight = outcome.weight().toDoubleArray();
      assertClose(weight, refit(tokens, outcome, centred));
      int[] kept = tokens.columns(outcome.kept());
      double[][] y = tokens.output(tokens.all());
      for (int c = 0; c < Tokens.ROWS; c++) {
        double intercept = Arrays.stream(y[c]).average().orElseThrow();
        for (int j = 0; j < kept.length; j++) {
          intercept -=
              weight[c * kept.length + j]
                  * Arrays.stream(tokens.x[kept[j]]).average().orElseThrow();
        }
        assertThat(outcome.bias().toDoubleArray()[c]).isCloseTo(intercept, within(1e-8));
      }
    }
  }

  /** Damping is one more token for every column, in which only this column is not zero. */
  @ParameterizedTest
  @MethodSource("shapes")
  void compensationSolvesThemWithATokenMoreForEveryColumn(Tokens tokens) {
    int n = tokens.x.length;
    double mean = Arrays.stream(NaiveMatrix.flat(tokens.x)).map(v -> v * v).sum() / n;
    double[][] more = new double[n][];
    for (int j = 0; j < n; j++) {
      more[j] = Arrays.copyOf(tokens.x[j], tokens.tokens() + n);
      more[j][tokens.tokens() + j] = Math.sqrt(0.01 * mean);
    }
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = pruned(scope, tokens, Recovery.COMPENSATION);
      assertClose(outcome.weight().toDoubleArray(), refit(tokens, outcome, more));
      assertThat(outcome.bias()).isNull();
      assertThat(outcome.damping()).isEqualTo(0.01);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void noneLeavesTheKeptColumnsAsTheyAre(Tokens tokens) {
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = pruned(scope, tokens, Recovery.NONE);
      assertThat(outcome.weight().toDoubleArray()).containsExactly(kept(tokens, outcome));
      assertThat(outcome.bias()).isNull();
    }
  }

  private static PruningOutcome pruned(TorchScope scope, Tokens tokens, Recovery recovery) {
    PruningProblem problem = tokens.problem(scope, tokens.units / 2);
    return new Combination(new Wanda(), recovery).prune(scope, problem);
  }

  private static double[][] keptColumns(Tokens tokens, PruningOutcome outcome) {
    return NaiveMatrix.columns(tokens.w, tokens.columns(outcome.kept()));
  }

  private static double[] kept(Tokens tokens, PruningOutcome outcome) {
    return NaiveMatrix.flat(keptColumns(tokens, outcome));
  }

  /** W_R = W X X_Rᵀ (X_R X_Rᵀ)⁻¹ by Gaussian elimination. */
  private static double[] refit(Tokens tokens, PruningOutcome outcome, double[][] x) {
    double[][] xr =
        Arrays.stream(tokens.columns(outcome.kept())).mapToObj(j -> x[j]).toArray(double[][]::new);
    double[][] transposed = NaiveMatrix.transposed(xr);
    double[][] right = NaiveMatrix.product(NaiveMatrix.product(tokens.w, x), transposed);
    double[][] inverse = NaiveMatrix.inverse(NaiveMatrix.product(xr, transposed));
    return NaiveMatrix.flat(NaiveMatrix.product(right, inverse));
  }

  /** Slope and intercept of y over x. */
  private static double[] line(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElseThrow();
    double meanY = Arrays.stream(y).average().orElseThrow();
    double xy = 0;
    double xx = 0;
    for (int t = 0; t < x.length; t++) {
      xy += (x[t] - meanX) * (y[t] - meanY);
      xx += (x[t] - meanX) * (x[t] - meanX);
    }
    return new double[] {xy / xx, meanY - xy / xx * meanX};
  }

  /** To a millionth of the largest entry. */
  private static void assertClose(double[] actual, double... expected) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(actual).containsExactly(expected, within(1e-6 * largest));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The baselines' scores against plain loops over tokens, on heads, KV groups and channels. */
class TokenScoresTest {
  private static final Percentage MILLIONTH = Percentage.withPercentage(1e-4);

  static Stream<Tokens> shapes() {
    return Stream.of(Tokens.heads(1), Tokens.groups(2), Tokens.channels(3));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void magnitudeIsTheSquaredNormOfTheColumn(Tokens tokens) {
    double[] expected = new double[tokens.x.length];
    for (double[] row : tokens.w) {
      Arrays.setAll(expected, j -> expected[j] + row[j] * row[j]);
    }
    try (TorchScope scope = TorchScope.open()) {
      check(tokens, new Magnitude(), ColumnScores.magnitude(tokens.problem(scope, 0)), expected);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void wandaIsTheAbsoluteWeightsTimesTheNormOfTheInput(Tokens tokens) {
    double[] expected = new double[tokens.x.length];
    for (int j = 0; j < expected.length; j++) {
      double squares = 0;
      for (double value : tokens.x[j]) {
        squares += value * value;
      }
      for (double[] row : tokens.w) {
        expected[j] += Math.abs(row[j]) * Math.sqrt(squares);
      }
    }
    try (TorchScope scope = TorchScope.open()) {
      check(tokens, new Wanda(), ColumnScores.wanda(tokens.problem(scope, 0)), expected);
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void flapIsTheSampleVarianceOfTheInputTimesTheSquaredNorm(Tokens tokens) {
    double[] expected = new double[tokens.x.length];
    for (int j = 0; j < expected.length; j++) {
      double mean = Arrays.stream(tokens.x[j]).average().orElseThrow();
      double variance = 0;
      for (double value : tokens.x[j]) {
        variance += (value - mean) * (value - mean) / (tokens.tokens() - 1);
      }
      for (double[] row : tokens.w) {
        expected[j] += row[j] * row[j] * variance;
      }
    }
    try (TorchScope scope = TorchScope.open()) {
      check(tokens, new Flap(), ColumnScores.fluctuation(tokens.problem(scope, 0)), expected);
    }
  }

  /** The columns' scores, and that the units of least summed score go, lowest first. */
  private static void check(
      Tokens tokens, PruningMethod method, double[] actual, double... expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int j = 0; j < expected.length; j++) {
      assertThat(actual[j]).isCloseTo(expected[j], MILLIONTH);
    }
    double[] units = new double[tokens.units];
    for (int unit = 0; unit < units.length; unit++) {
      for (int j = 0; j < tokens.size(); j++) {
        units[unit] += expected[unit * tokens.size() + j];
      }
    }
    List<Integer> ascending = new ArrayList<>(tokens.all());
    ascending.sort(Comparator.comparingDouble(unit -> units[unit]));
    try (TorchScope scope = TorchScope.open()) {
      for (int removed = 0; removed < tokens.units; removed += 1 + removed / 2) {
        assertThat(method.prune(scope, tokens.problem(scope, removed)).removalOrder())
            .isEqualTo(ascending.subList(0, removed));
      }
    }
  }
}

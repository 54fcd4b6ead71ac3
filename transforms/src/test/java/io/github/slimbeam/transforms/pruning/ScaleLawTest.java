// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A linear that reads X/64 with weights 64 W is the same linear: what is removed is the same, and
 * the weights are 64 times as large. 64 is a power of two, so not one bit may differ.
 */
class ScaleLawTest {
  private static final double SCALE = 64;

  static Stream<Combination> combinations() {
    return Stream.of(
            SlimGpt.defaults(),
            new SlimGpt(HeadScore.DIAGONAL, GroupSizes.AUTHORS, 0.1),
            SlimLlm.defaults(),
            new Flap(),
            new Wanda(),
            new Magnitude())
        .flatMap(method -> Arrays.stream(Recovery.values()).map(r -> new Combination(method, r)));
  }

  @ParameterizedTest
  @MethodSource("combinations")
  void scalingTheInputChangesNothing(Combination method) {
    for (Tokens tokens : List.of(Tokens.heads(4), Tokens.groups(5), Tokens.channels(6))) {
      assertScaleless(method, tokens);
      assertScaleless(method, tokens.with(partlyDead(tokens.x)));
    }
  }

  /** Where nothing lives, nothing is NaN. */
  @ParameterizedTest
  @MethodSource("combinations")
  void inputsThatAreAllDeadLeaveNumbers(Combination method) {
    for (Tokens tokens : List.of(Tokens.heads(4), Tokens.groups(5), Tokens.channels(6))) {
      Tokens dead = tokens.with(new double[tokens.x.length][tokens.tokens()]);
      try (TorchScope scope = TorchScope.open()) {
        PruningOutcome outcome = method.prune(scope, dead.problem(scope, tokens.units / 2));
        assertThat(outcome.kept()).hasSize(tokens.units - tokens.units / 2);
        assertThat(outcome.weight().toDoubleArray()).doesNotContain(Double.NaN);
        assertThat(outcome.scores()).doesNotContain(Double.NaN);
      }
    }
  }

  private static void assertScaleless(Combination method, Tokens tokens) {
    Tokens scaled =
        new Tokens(
            tokens.kind,
            map(tokens.w, v -> v * SCALE),
            map(tokens.x, v -> v / SCALE),
            tokens.units,
            1,
            tokens.openings,
            tokens.a);
    int removed = tokens.units / 3;
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome plain = method.prune(scope, tokens.problem(scope, removed));
      PruningOutcome other = method.prune(scope, scaled.problem(scope, removed));
      assertThat(other.removalOrder()).isEqualTo(plain.removalOrder());
      assertThat(other.damping()).isEqualTo(plain.damping());
      double[] weights = plain.weight().toDoubleArray();
      assertThat(other.weight().toDoubleArray())
          .containsExactly(Arrays.stream(weights).map(v -> v * SCALE).toArray(), within(0.0));
    }
  }

  private static double[][] partlyDead(double[][] x) {
    double[][] partly = x.clone();
    for (int j = 1; j < x.length; j += 7) {
      partly[j] = new double[x[j].length];
    }
    return partly;
  }

  private static double[][] map(double[][] matrix, DoubleUnaryOperator f) {
    return Arrays.stream(matrix)
        .map(row -> Arrays.stream(row).map(f).toArray())
        .toArray(double[][]::new);
  }
}

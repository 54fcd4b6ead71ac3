// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold of the recoveries whatever the numbers are. */
class RecoveryTest {
  private static final double ROUNDING = 1e-12;

  static Stream<PruningMethod> selections() {
    return Stream.of(
        SlimGpt.defaults(),
        SlimLlm.defaults(),
        new Flap(),
        new Wanda(),
        new Magnitude(),
        new RandomUnits(3));
  }

  @ParameterizedTest
  @MethodSource("selections")
  void regressionNeverRaisesTheCalibrationError(PruningMethod method) {
    for (int seed = 0; seed < 30; seed++) {
      Tokens tokens = tokens(seed);
      int removed = 1 + seed % (tokens.units - 1);
      assertThat(error(tokens, method, Recovery.REGRESSION, removed))
          .isLessThanOrEqualTo(error(tokens, method, Recovery.NONE, removed) + ROUNDING);
    }
  }

  @ParameterizedTest
  @MethodSource("selections")
  void noRecoveryWithoutABiasBeatsLeastSquares(PruningMethod method) {
    for (int seed = 0; seed < 30; seed++) {
      Tokens tokens = tokens(seed);
      int removed = 1 + seed % (tokens.units - 1);
      double least = error(tokens, method, Recovery.LEAST_SQUARES, removed);
      for (Recovery recovery : List.of(Recovery.NONE, Recovery.COMPENSATION)) {
        assertThat(least)
            .as("seed %d, %s", seed, recovery)
            .isLessThanOrEqualTo(error(tokens, method, recovery, removed) + ROUNDING);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("selections")
  void noRecoveryAtAllBeatsTheAffineFit(PruningMethod method) {
    for (int seed = 0; seed < 30; seed++) {
      Tokens tokens = tokens(seed);
      int removed = 1 + seed % (tokens.units - 1);
      double least = error(tokens, method, Recovery.AFFINE, removed);
      for (Recovery recovery : Recovery.values()) {
        assertThat(least)
            .as("seed %d, %s", seed, recovery)
            .isLessThanOrEqualTo(error(tokens, method, recovery, removed) + ROUNDING);
      }
    }
  }

  /** An exact fit to a few tokens is worth nothing, so it is not made. */
  @Test
  void leastSquaresAreDampedWithFewerThanTwoTokensAColumn() {
    Tokens tokens = tokens(3);
    int columns = tokens.w[0].length;
    for (int count : new int[] {10, 2 * columns - 1, 2 * columns}) {
      Tokens few =
          tokens.with(
              Arrays.stream(tokens.x).map(r -> Arrays.copyOf(r, count)).toArray(double[][]::new));
      try (TorchScope scope = TorchScope.open()) {
        PruningProblem problem = few.problem(scope, 1);
        double damping =
            new Combination(new Wanda(), Recovery.LEAST_SQUARES).prune(scope, problem).damping();
        assertThat(damping).as("%d tokens", count).isEqualTo(count < 2 * columns ? 0.01 : 0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void removingNothingChangesNothing(Recovery recovery) {
    for (int seed = 0; seed < 6; seed++) {
      Tokens tokens = tokens(seed);
      try (TorchScope scope = TorchScope.open()) {
        PruningOutcome outcome =
            new Combination(new Wanda(), recovery).prune(scope, tokens.problem(scope, 0));
        assertThat(outcome.weight().toDoubleArray())
            .containsExactly(NaiveMatrix.flat(tokens.w), within(1e-8));
        assertThat(outcome.bias() != null).isEqualTo(recovery.makesBias());
        if (outcome.bias() != null) {
          assertThat(outcome.bias().toDoubleArray())
              .containsExactly(new double[Tokens.ROWS], within(1e-10));
        }
      }
    }
  }

  @Test
  void slimGptsOwnWeightsAreTheCompensationOfItsSelection() {
    for (int seed = 0; seed < 12; seed++) {
      Tokens tokens = tokens(seed);
      try (TorchScope scope = TorchScope.open()) {
        PruningProblem problem = tokens.problem(scope, tokens.units / 2);
        PruningOutcome own = SlimGpt.defaults().prune(scope, problem);
        PruningOutcome solved =
            Recovery.COMPENSATION.apply(
                scope, problem, PruningOutcome.selecting(scope, problem, own.removalOrder()));
        assertThat(solved.kept()).isEqualTo(own.kept());
        assertThat(solved.weight().toDoubleArray())
            .containsExactly(own.weight().toDoubleArray(), within(1e-8));
        assertThat(Recovery.COMPENSATION.apply(scope, problem, own)).isSameAs(own);
      }
    }
  }

  @Test
  void aKeptOutputThatDoesNotVaryHasSlopeOneAndTheLostMeanForIntercept() {
    for (int seed = 0; seed < 20; seed++) {
      Tokens varied = tokens(seed);
      // What stays is constant, at values that binary fractions do not hold.
      double[][] x = varied.x.clone();
      for (int j = varied.size(); j < x.length; j++) {
        double value = 0.1 + 0.7 * j;
        x[j] = Arrays.stream(x[j]).map(v -> value).toArray();
      }
      Tokens tokens = varied.with(x);
      try (TorchScope scope = TorchScope.open()) {
        PruningProblem problem = tokens.problem(scope, 1);
        PruningOutcome outcome =
            Recovery.REGRESSION.apply(
                scope, problem, PruningOutcome.selecting(scope, problem, List.of(0)));
        int[] kept = tokens.columns(outcome.kept());
        assertThat(outcome.weight().toDoubleArray())
            .containsExactly(NaiveMatrix.flat(NaiveMatrix.columns(tokens.w, kept)));
        double[] lost =
            Arrays.stream(tokens.output(List.of(0)))
                .mapToDouble(row -> Arrays.stream(row).average().orElseThrow())
                .toArray();
        assertThat(outcome.bias().toDoubleArray()).containsExactly(lost, within(1e-9));
      }
    }
  }

  /** Two equal inputs, in numbers that arithmetic leaves exact. */
  @Test
  void singularNormalEquationsRaiseTheDampingAndCountIt() {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = problem(scope, 4, 4, 0, 4, 4, 0, 0, 0, 4);
      PruningOutcome selected = PruningOutcome.selecting(scope, problem, List.of(2));
      PruningOutcome outcome = Recovery.LEAST_SQUARES.apply(scope, problem, selected);
      assertThat(outcome.dampingRaised()).isEqualTo(1);
      assertThat(outcome.damping()).isEqualTo(1e-10);
      assertThat(outcome.weight().toDoubleArray())
          .containsExactly(new double[] {1, 2}, within(1e-6));
    }
  }

  @Test
  void momentsThatNoDampingMendsAreRefused() {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = problem(scope, 1, 5, 0, 5, 1, 0, 0, 0, 1);
      PruningOutcome selected = PruningOutcome.selecting(scope, problem, List.of(2));
      for (Recovery recovery :
          List.of(Recovery.LEAST_SQUARES, Recovery.COMPENSATION, Recovery.AFFINE)) {
        assertThatThrownBy(() -> recovery.apply(scope, problem, selected))
            .isInstanceOf(BadInputException.class)
            .hasMessage(
                "test: the normal equations cannot be solved even with damping 0.1: give more"
                    + " calibration text");
      }
    }
  }

  private static Tokens tokens(int seed) {
    return switch (seed % 3) {
      case 0 -> Tokens.heads(seed);
      case 1 -> Tokens.groups(seed);
      default -> Tokens.channels(seed);
    };
  }

  private static double error(Tokens tokens, PruningMethod method, Recovery recovery, int removed) {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = tokens.problem(scope, removed);
      PruningOutcome outcome = new Combination(method, recovery).prune(scope, problem);
      return problem
          .moments()
          .relativeError(
              problem.weight(), outcome.weight(), outcome.bias(), tokens.columns(outcome.kept()));
    }
  }

  /** One output, weights 1, 2 and 3, and this XᵀX of eight tokens. */
  private static PruningProblem problem(TorchScope scope, double... gram) {
    return new PruningProblem(
        "test",
        new SublayerKey(0, SublayerKind.FFN),
        scope.float64(new double[] {1, 2, 3}, 1, 3),
        List.of(),
        new Moments(8, scope.float64(new double[3], 3), Gram.of(scope.float64(gram, 3, 3)), null),
        3,
        1,
        1);
  }
}

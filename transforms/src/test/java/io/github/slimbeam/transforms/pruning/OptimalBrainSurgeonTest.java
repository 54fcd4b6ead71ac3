// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.MomentsTest;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Against the normal equations and the textbook's single steps, in Java doubles. The damped
 * Hessians have condition numbers below 100: 1e-10 leaves four digits.
 */
class OptimalBrainSurgeonTest {
  private static final int ROWS = 5;
  private static final int COLUMNS = 9;
  private static final double DAMPING = 0.05;
  private static final double[][] W = NaiveMatrix.random(1, ROWS, COLUMNS);
  private static final double[][] X = NaiveMatrix.random(2, COLUMNS, 40);

  @Test
  void removingColumnsRefitsTheOthersByTheNormalEquations() {
    int[] removed = {7, 0, 4};
    int[] kept = {1, 2, 3, 5, 6, 8};
    double[][] h = hessian();
    double[][] refit =
        NaiveMatrix.product(
            NaiveMatrix.product(W, NaiveMatrix.columns(h, kept)),
            NaiveMatrix.inverse(NaiveMatrix.block(h, kept)));
    try (TorchScope scope = TorchScope.open()) {
      OptimalBrainSurgeon surgeon = start(scope);
      double error = surgeon.remove(removed);
      assertThat(surgeon.alive()).containsExactly(1, 2, 3, 5, 6, 8);
      PruningOutcome outcome = surgeon.outcome(surgeon.alive(), List.of(7, 0, 4));
      assertThat(outcome.weight().toDoubleArray())
          .containsExactly(NaiveMatrix.flat(refit), within(1e-10));
      assertThat(error).isCloseTo(NaiveMatrix.quadratic(change(refit, kept), h), within(1e-10));
      assertThat(outcome.stepErrors()).containsExactly(error);
      assertThat(outcome.removalOrder()).containsExactly(7, 0, 4);
      assertThat(outcome.bias()).isNull();
    }
  }

  @Test
  void oneColumnAtATimeIsTheTextbooksSurgeon() {
    double[][] w = W;
    double[][] g = NaiveMatrix.inverse(hessian());
    try (TorchScope scope = TorchScope.open()) {
      OptimalBrainSurgeon surgeon = start(scope);
      for (int left = COLUMNS; left > 2; left--) {
        double[] errors = surgeon.unitErrors(HeadScore.DIAGONAL);
        int least = 0;
        for (int p = 0; p < left; p++) {
          double squares = 0;
          for (double[] row : w) {
            squares += row[p] * row[p];
          }
          assertThat(errors[p]).isCloseTo(squares / g[p][p], within(1e-10));
          least = errors[p] < errors[least] ? p : least;
        }
        assertThat(surgeon.remove(new int[] {least})).isCloseTo(errors[least], within(1e-10));
        int p = least;
        int[] rest = IntStream.range(0, left).filter(i -> i != p).toArray();
        double[][] next = NaiveMatrix.columns(w, rest);
        double[][] nextInverse = NaiveMatrix.block(g, rest);
        for (int j = 0; j < rest.length; j++) {
          for (int i = 0; i < ROWS; i++) {
            next[i][j] -= w[i][p] / g[p][p] * g[p][rest[j]];
          }
          for (int i = 0; i < rest.length; i++) {
            nextInverse[i][j] -= g[rest[i]][p] * g[p][rest[j]] / g[p][p];
          }
        }
        w = next;
        g = nextInverse;
      }
      PruningOutcome outcome = surgeon.outcome(surgeon.alive(), List.of());
      assertThat(outcome.weight().toDoubleArray())
          .containsExactly(NaiveMatrix.flat(w), within(1e-10));
    }
  }

  @Test
  void stepErrorsAddUpToTheErrorOfTheWhole() {
    try (TorchScope scope = TorchScope.open()) {
      OptimalBrainSurgeon stepwise = start(scope);
      double total =
          stepwise.remove(new int[] {8, 1})
              + stepwise.remove(new int[] {0})
              + stepwise.remove(new int[] {4, 2, 3});
      // Left after the steps: 0 2 3 4 5 6 7, then 2 3 4 5 6 7, then 2 3 4 ... without 6, 4, 5.
      assertThat(stepwise.alive()).containsExactly(2, 3, 7);
      double whole = start(scope).remove(new int[] {0, 1, 4, 5, 6, 8});
      assertThat(total).isCloseTo(whole, within(1e-10));
      PruningOutcome outcome = stepwise.outcome(stepwise.alive(), List.of());
      assertThat(outcome.stepErrors()).hasSize(3);
      assertThat(outcome.stepErrors().stream().mapToDouble(e -> e).sum())
          .isCloseTo(whole, within(1e-10));
    }
  }

  /**
   * More columns than one call takes: against the normal equations, as H is diagonal but for pairs.
   */
  @Test
  void manyColumnsGoAsOneGroup() {
    int width = 1400;
    try (TorchScope scope = TorchScope.open()) {
      NDArray gram = scope.zeros(DataType.FLOAT64, width, width);
      double[] values = new double[width * width];
      for (int i = 0; i < width; i++) {
        values[i * width + i] = 2;
        values[i * width + (i ^ 1)] = 1;
      }
      gram.set(values);
      double[] row = IntStream.range(0, width).mapToDouble(i -> i % 7 + 1).toArray();
      NDArray weight = scope.float64(row, 1, width);
      Moments moments = new Moments(2, null, Gram.of(gram), null);
      int[] odd = IntStream.range(0, width / 2).map(i -> 2 * i + 1).toArray();
      OptimalBrainSurgeon surgeon =
          OptimalBrainSurgeon.start(scope, weight, moments, 1, odd.length, 0, "test");
      double error = surgeon.remove(odd);
      PruningOutcome outcome = surgeon.outcome(surgeon.alive(), List.of());
      double expected = 0;
      for (int i = 0; i < odd.length; i++) {
        // H is [2 1; 1 2] in each pair: half of an odd weight goes to its neighbour.
        assertThat(outcome.weight().toDoubleArray()[i])
            .isCloseTo(row[2 * i] + row[2 * i + 1] / 2, within(1e-10));
        expected += row[2 * i + 1] * row[2 * i + 1] * 1.5;
      }
      assertThat(error).isCloseTo(expected, within(1e-8 * expected));
      assertThat(outcome.stepErrors()).hasSize(1);
    }
  }

  @Test
  void whatGoesInStaysAsItWas() {
    try (TorchScope scope = TorchScope.open()) {
      NDArray weight = scope.float64(NaiveMatrix.flat(W), ROWS, COLUMNS);
      Moments moments = MomentsTest.moments(scope, X);
      double[] gram = moments.gram().whole(scope).toDoubleArray();
      OptimalBrainSurgeon surgeon =
          OptimalBrainSurgeon.start(scope, weight, moments, 1, 2, DAMPING, "test");
      surgeon.remove(new int[] {0, 1});
      assertThat(weight.toDoubleArray()).containsExactly(NaiveMatrix.flat(W));
      assertThat(moments.gram().whole(scope).toDoubleArray()).containsExactly(gram);
    }
  }

  @Test
  void aSingularGramRaisesTheDampingAndCountsIt() {
    try (TorchScope scope = TorchScope.open()) {
      Moments ones =
          new Moments(2, null, Gram.of(scope.zeros(DataType.FLOAT64, 3, 3).add(1)), null);
      NDArray weight = scope.float64(new double[] {1, 2, 3}, 1, 3);
      OptimalBrainSurgeon surgeon = OptimalBrainSurgeon.start(scope, weight, ones, 1, 1, 0, "test");
      surgeon.remove(new int[] {0});
      PruningOutcome outcome = surgeon.outcome(surgeon.alive(), List.of(0));
      assertThat(outcome.damping()).isEqualTo(1e-6);
      assertThat(outcome.dampingRaised()).isOne();
      // Equal inputs: what column 0 carried goes to the others in halves.
      assertThat(outcome.weight().toDoubleArray())
          .containsExactly(new double[] {2.5, 3.5}, within(1e-5));
    }
  }

  @Test
  void aHessianThatCannotBeFactoredFailsByName() {
    try (TorchScope scope = TorchScope.open()) {
      NDArray weight = scope.float64(new double[] {1, 2}, 1, 2);
      Moments negative =
          new Moments(5, null, Gram.of(scope.float64(new double[] {-1, 0, 0, -1}, 2, 2)), null);
      for (double damping : new double[] {0, 0.01, 0.1}) {
        assertThatThrownBy(
                () ->
                    OptimalBrainSurgeon.start(
                        scope, weight, negative, 1, 1, damping, "layer 2 o_proj"))
            .isInstanceOf(BadInputException.class)
            .hasMessage(
                "layer 2 o_proj: the Hessian over 5 tokens cannot be factored even with damping 0.1: give more"
                    + " calibration text");
      }
      Moments none = new Moments(0, null, Gram.of(scope.zeros(DataType.FLOAT64, 2, 2)), null);
      assertThatThrownBy(() -> OptimalBrainSurgeon.start(scope, weight, none, 1, 1, 0.01, "here"))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("here: the Hessian over 0 tokens cannot be factored");
    }
  }

  private static OptimalBrainSurgeon start(TorchScope scope) {
    NDArray weight = scope.float64(NaiveMatrix.flat(W), ROWS, COLUMNS);
    return OptimalBrainSurgeon.start(
        scope, weight, MomentsTest.moments(scope, X), 1, COLUMNS, DAMPING, "test");
  }

  /** 2 X Xᵀ/tokens, damped. */
  private static double[][] hessian() {
    double[][] h = NaiveMatrix.product(X, NaiveMatrix.transposed(X));
    double mean = 0;
    for (int i = 0; i < COLUMNS; i++) {
      for (int j = 0; j < COLUMNS; j++) {
        h[i][j] *= 2.0 / X[0].length;
      }
      mean += h[i][i] / COLUMNS;
    }
    for (int i = 0; i < COLUMNS; i++) {
      h[i][i] += DAMPING * mean;
    }
    return h;
  }

  /** Ŵ − W, where Ŵ has the kept columns {@code v}. */
  private static double[][] change(double[][] v, int[] kept) {
    List<double[]> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      double[] row = new double[COLUMNS];
      for (int j = 0; j < COLUMNS; j++) {
        row[j] = -W[i][j];
      }
      for (int j = 0; j < kept.length; j++) {
        row[kept[j]] += v[i][j];
      }
      rows.add(row);
    }
    return rows.toArray(double[][]::new);
  }
}

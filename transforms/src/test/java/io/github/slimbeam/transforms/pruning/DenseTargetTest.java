// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.MomentsTest;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Towards targets of their own, against tokens and normal equations in Java doubles. */
class DenseTargetTest {
  private static final int ROWS = 4;
  private static final int COLUMNS = 9;
  private static final int TOKENS = 60;
  private static final double DAMPING = 0.01;

  private final double[][] x = floats(NaiveMatrix.random(1, TOKENS, COLUMNS));
  private final double[][] target = floats(NaiveMatrix.random(2, TOKENS, ROWS));
  private final double[][] w = NaiveMatrix.random(3, ROWS, COLUMNS);

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 9, 64})
  void momentsAreThoseOfTheTokensHoweverTheyAreCut(int tileSize) {
    try (TorchScope scope = TorchScope.open();
        GramAccumulator sums = sums(scope, tileSize, 25)) {
      assertThat(sums.moments().cross().matrix().toDoubleArray())
          .containsExactly(NaiveMatrix.flat(cross()), within(1e-4));
      double[] squares = new double[ROWS];
      Arrays.setAll(squares, i -> Arrays.stream(target).mapToDouble(row -> row[i] * row[i]).sum());
      assertThat(sums.moments().cross().squares().toDoubleArray())
          .containsExactly(squares, within(1e-4));
      assertThat(sums.moments().gram().whole(scope).toDoubleArray())
          .containsExactly(
              NaiveMatrix.flat(NaiveMatrix.product(NaiveMatrix.transposed(x), x)), within(1e-4));
    }
  }

  /** The one that is left when the best one of nine goes, and the weights that meet it best. */
  @Test
  void theColumnThatGoesIsTheOneThatTheTargetNeedsLeast() {
    double least = Double.POSITIVE_INFINITY;
    int best = -1;
    for (int column = 0; column < COLUMNS; column++) {
      int gone = column;
      int[] kept = IntStream.range(0, COLUMNS).filter(i -> i != gone).toArray();
      double loss = ridgeLoss(ridge(kept), kept);
      if (loss < least) {
        least = loss;
        best = column;
      }
    }
    try (TorchScope scope = TorchScope.open();
        GramAccumulator sums = sums(scope, 4, TOKENS)) {
      PruningOutcome outcome =
          Combination.of(SlimBeam.defaults()).prune(scope, problem(scope, sums, 1));
      assertThat(outcome.removalOrder()).containsExactly(best);
      int[] kept = outcome.kept().stream().mapToInt(i -> i).toArray();
      double[][] expected = ridge(kept);
      assertThat(outcome.weight().toDoubleArray())
          .containsExactly(NaiveMatrix.flat(expected), within(1e-5));
      assertThat(
              sums.moments()
                  .relativeError(problem(scope, sums, 1).weight(), outcome.weight(), null, kept))
          .isCloseTo(error(expected, kept), within(1e-5));
      // The elimination itself arrives at the same weights.
      PruningOutcome carried = SlimBeam.defaults().prune(scope, problem(scope, sums, 1));
      assertThat(carried.weight().toDoubleArray())
          .containsExactly(NaiveMatrix.flat(expected), within(1e-5));
    }
  }

  /** Σ‖ΔW x‖² / (tokens · rows), however many go. */
  @Test
  void aCurveIsTheErrorOfItsElimination() {
    try (TorchScope scope = TorchScope.open()) {
      SlimGpt exact = new SlimGpt(HeadScore.EXACT, GroupSizes.FIXED, 0);
      PruningProblem problem =
          new PruningProblem(
              "test",
              new SublayerKey(0, SublayerKind.FFN),
              scope.float64(NaiveMatrix.flat(w), ROWS, COLUMNS),
              List.of(),
              MomentsTest.moments(scope, NaiveMatrix.transposed(x)),
              COLUMNS,
              1,
              6);
      RemovalCurve curve = RemovalCurves.of(scope, exact, problem);
      assertThat(curve.getRemoved()).containsExactly(0, 1, 2, 3, 4, 5, 6);
      PruningOutcome outcome = exact.prune(scope, problem);
      int[] kept = outcome.kept().stream().mapToInt(i -> i).toArray();
      double[][] output = NaiveMatrix.product(x, NaiveMatrix.transposed(w));
      double[][] left = outputs(rows(outcome.weight()), kept);
      double lost = 0;
      for (int t = 0; t < TOKENS; t++) {
        for (int i = 0; i < ROWS; i++) {
          lost += Math.pow(output[t][i] - left[t][i], 2);
        }
      }
      assertThat(curve.getErrors().get(6)).isCloseTo(lost / TOKENS / ROWS, within(1e-9));
      assertThat(curve.getErrors()).isSorted();
    }
  }

  @Test
  void whatHasNoMeaningTowardsATargetIsRefused() {
    refuses(
        () -> new Combination(new Wanda(), Recovery.COMPENSATION, Target.DENSE, none()),
        "target=dense does not go with method=wanda");
    refuses(
        () -> new Combination(SlimLlm.defaults(), Recovery.COMPENSATION, Target.DENSE, none()),
        "target=dense does not go with method=slimllm");
    refuses(
        () -> new Combination(SlimBeam.defaults(), Recovery.BIAS, Target.DENSE, none()),
        "target=dense does not go with recovery=bias");
    refuses(
        () ->
            new Combination(
                SlimGpt.defaults(), Recovery.COMPENSATION, Target.SELF, Refitting.of(Refit.FULL)),
        "refit=full does not go with target=self");
    refuses(
        () ->
            new Combination(
                new Magnitude(), Recovery.NONE, Target.SELF, Refitting.of(Refit.CLOSING)),
        "refit=closing does not go with recovery=none");
  }

  private static Refitting none() {
    return Refitting.of(Refit.NONE);
  }

  private static void refuses(Runnable made, String message) {
    assertThatThrownBy(made::run)
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(message);
  }

  private PruningProblem problem(TorchScope scope, GramAccumulator sums, int removed) {
    return new PruningProblem(
        "test",
        new SublayerKey(0, SublayerKind.FFN),
        scope.float64(NaiveMatrix.flat(w), ROWS, COLUMNS),
        List.of(),
        sums.moments(),
        COLUMNS,
        1,
        removed);
  }

  /** In two batches, the first of so many tokens. */
  private GramAccumulator sums(TorchScope scope, int tileSize, int first) {
    GramAccumulator sums = new GramAccumulator(new TileGrid(COLUMNS, tileSize), ROWS);
    for (int[] part : new int[][] {{0, first}, {first, TOKENS}}) {
      if (part[1] > part[0]) {
        sums.add(
            f32(scope, Arrays.copyOfRange(x, part[0], part[1])),
            f32(scope, Arrays.copyOfRange(target, part[0], part[1])),
            "test");
      }
    }
    return sums;
  }

  private static NDArray f32(TorchScope scope, double[][] values) {
    return scope
        .float64(NaiveMatrix.flat(values), values.length, values[0].length)
        .toType(DataType.FLOAT32, false);
  }

  private double[][] cross() {
    return NaiveMatrix.product(NaiveMatrix.transposed(target), x);
  }

  private double lambda() {
    double trace = Arrays.stream(x).flatMapToDouble(Arrays::stream).map(v -> v * v).sum();
    return DAMPING * trace / COLUMNS;
  }

  /** (Σ t xᵀ + λW)_R (Σ x_R x_Rᵀ + λ)⁻¹ */
  private double[][] ridge(int... kept) {
    double[][] hessian = NaiveMatrix.block(NaiveMatrix.product(NaiveMatrix.transposed(x), x), kept);
    double[][] right = NaiveMatrix.columns(cross(), kept);
    for (int i = 0; i < kept.length; i++) {
      hessian[i][i] += lambda();
      for (int row = 0; row < ROWS; row++) {
        right[row][i] += lambda() * w[row][kept[i]];
      }
    }
    return NaiveMatrix.product(right, NaiveMatrix.inverse(hessian));
  }

  /** Σ‖t − V x_R‖² + λ‖V − W_R‖² + λ‖W_S‖²: what the elimination makes as small as it can. */
  private double ridgeLoss(double[][] v, int... kept) {
    double loss = error(v, kept) * energy();
    for (int row = 0; row < ROWS; row++) {
      double[] difference = w[row].clone();
      for (int i = 0; i < kept.length; i++) {
        difference[kept[i]] -= v[row][i];
      }
      loss += lambda() * Arrays.stream(difference).map(d -> d * d).sum();
    }
    return loss;
  }

  private double energy() {
    return Arrays.stream(target).flatMapToDouble(Arrays::stream).map(t -> t * t).sum();
  }

  private double error(double[][] v, int... kept) {
    double[][] outputs = outputs(v, kept);
    double error = 0;
    for (int t = 0; t < TOKENS; t++) {
      for (int i = 0; i < ROWS; i++) {
        error += Math.pow(target[t][i] - outputs[t][i], 2);
      }
    }
    return error / energy();
  }

  private double[][] outputs(double[][] v, int... kept) {
    return NaiveMatrix.product(NaiveMatrix.columns(x, kept), NaiveMatrix.transposed(v));
  }

  private static double[][] rows(NDArray weight) {
    double[] flat = weight.toDoubleArray();
    int columns = flat.length / ROWS;
    double[][] rows = new double[ROWS][];
    Arrays.setAll(rows, i -> Arrays.copyOfRange(flat, i * columns, (i + 1) * columns));
    return rows;
  }

  private static double[][] floats(double[][] values) {
    for (double[] row : values) {
      Arrays.setAll(row, i -> (float) row[i]);
    }
    return values;
  }
}

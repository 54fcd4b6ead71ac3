// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against least squares on the numeric Jacobian of the FFN in Java doubles, token by token. */
class GaussNewtonTest {
  private static final int HIDDEN = 3;
  private static final int CHANNELS = 4;
  private static final int TOKENS = 40;
  private static final double RIDGE = 0.01;

  private final double[][] h = NaiveMatrix.random(1, TOKENS, HIDDEN);
  private final double[][] target = NaiveMatrix.random(2, TOKENS, HIDDEN);
  private final double[][] up = NaiveMatrix.random(3, CHANNELS, HIDDEN);
  private final double[][] gate = NaiveMatrix.random(4, CHANNELS, HIDDEN);
  private final double[][] closing = NaiveMatrix.random(5, HIDDEN, CHANNELS);
  private final double[] bias = NaiveMatrix.random(6, 1, CHANNELS)[0];
  private final double[] scale =
      Arrays.stream(NaiveMatrix.random(7, 1, TOKENS)[0]).map(Math::abs).toArray();

  @ParameterizedTest
  @ValueSource(strings = {"SILU", "GELU", "GELU_TANH"})
  void solvesTheLinearisedLeastSquares(String activation) {
    double[] expected = expected(activation);
    try (TorchScope scope = TorchScope.open()) {
      Map<String, NDArray> traits = Map.of(activation, scope.number(1));
      Map<String, NDArray> weights = weights(scope);
      GaussNewton problem =
          new GaussNewton(List.of(batch(scope, 0, 15), batch(scope, 15, TOKENS)), traits);
      double before = GaussNewton.error(problem.tokens(), weights, traits);
      assertThat(before).isCloseTo(error(activation, parameters()), within(1e-4 * before));
      GaussNewton.Pair change = problem.solve(scope, weights, 40);
      float[] got = new float[expected.length];
      System.arraycopy(change.up().toFloatArray(), 0, got, 0, got.length / 2);
      System.arraycopy(change.gate().toFloatArray(), 0, got, got.length / 2, got.length / 2);
      double norm = Math.sqrt(Arrays.stream(expected).map(e -> e * e).sum());
      for (int i = 0; i < got.length; i++) {
        assertThat((double) got[i]).as("entry %d", i).isCloseTo(expected[i], within(2e-3 * norm));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SILU", "GELU", "GELU_TANH"})
  void noRoundRaisesAnError(String activation) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      Map<String, NDArray> traits = Map.of(activation, scope.number(1));
      OpeningRefit.Fitted fitted =
          fitted(
              scope,
              traits,
              new RefitTokens(
                  List.of(batch(scope, 0, 30)), List.of(batch(scope, 30, TOKENS)), none -> {}));
      for (List<Double> errors : List.of(fitted.fitted(), fitted.heldOut())) {
        for (int i = 1; i < errors.size(); i++) {
          assertThat(errors.get(i)).isLessThanOrEqualTo(errors.get(i - 1));
        }
      }
      Map<String, NDArray> written =
          GaussNewton.closing(
              scope, GaussNewton.with(weights(scope), fitted.openings()), fitted.closing());
      assertThat(fitted.error())
          .isCloseTo(
              GaussNewton.error(all(scope), written, traits) / GaussNewton.energy(all(scope)),
              within(1e-6));
    }
  }

  /**
   * D = (T Zᵀ + λW) (Z Zᵀ + λ)⁻¹ by naive matrices over all tokens, not only those of the sample.
   */
  @Test
  void theLastClosingWeightsAreFittedToTokensBeyondTheSampleToo() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      Map<String, NDArray> traits = Map.of("SILU", scope.number(1));
      OpeningRefit.Fitted fitted =
          fitted(
              scope,
              traits,
              new RefitTokens(
                  List.of(batch(scope, 0, 24)),
                  List.of(batch(scope, 24, 30)),
                  rest -> {
                    rest.accept(batch(scope, 30, 35));
                    rest.accept(batch(scope, 35, TOKENS));
                  }));
      assertThat(fitted.fitted()).as("a round was taken").hasSizeGreaterThan(1);
      Map<String, NDArray> written = GaussNewton.with(weights(scope), fitted.openings());
      RefitTokens.Batch tokens = all(scope).get(0);
      double[][] z = rows(GaussNewton.closingInput(scope, tokens, written, traits));
      double[][] h = NaiveMatrix.product(NaiveMatrix.transposed(z), z);
      double[][] b = NaiveMatrix.product(NaiveMatrix.transposed(rows(tokens.target())), z);
      double ridge =
          0.01 * IntStream.range(0, h.length).mapToDouble(i -> h[i][i]).average().orElseThrow();
      for (int i = 0; i < h.length; i++) {
        h[i][i] += ridge;
      }
      for (int row = 0; row < b.length; row++) {
        for (int i = 0; i < h.length; i++) {
          b[row][i] += ridge * closing[row][i];
        }
      }
      assertThat(fitted.closing().toDoubleArray())
          .containsExactly(
              NaiveMatrix.flat(NaiveMatrix.product(b, NaiveMatrix.inverse(h))), within(1e-4));
      assertThat(fitted.error())
          .isCloseTo(
              GaussNewton.error(
                      all(scope), GaussNewton.closing(scope, written, fitted.closing()), traits)
                  / GaussNewton.energy(all(scope)),
              within(1e-6));
    }
  }

  /** As many as are asked for, one in eight of them held out, and no two of them neighbours. */
  @Test
  void theSampleOfManyWindowsIsSpreadOverAll() {
    for (int taken : new int[] {1, 2, 7, 8, 40, 100, 200}) {
      RefitTokens.Spread spread = new RefitTokens.Spread(taken, 200);
      List<Integer> windows = IntStream.range(0, 200).filter(spread::takes).boxed().toList();
      assertThat(windows).hasSize(taken);
      assertThat(windows.stream().filter(spread::holdsOut)).hasSize(taken < 8 ? 1 : taken / 8);
      for (int i = 1; i < taken; i++) {
        assertThat(windows.get(i) - windows.get(i - 1)).isBetween(200 / taken, 200 / taken + 1);
      }
    }
  }

  private List<RefitTokens.Batch> all(TorchScope scope) {
    return List.of(batch(scope, 0, TOKENS));
  }

  private static double[][] rows(NDArray matrix) {
    int columns = (int) matrix.getShape().get(1);
    double[] flat = matrix.toType(DataType.FLOAT64, false).toDoubleArray();
    return IntStream.range(0, flat.length / columns)
        .mapToObj(row -> Arrays.copyOfRange(flat, row * columns, (row + 1) * columns))
        .toArray(double[][]::new);
  }

  private OpeningRefit.Fitted fitted(
      TorchScope scope, Map<String, NDArray> traits, RefitTokens tokens) throws IOException {
    NDArray dense = scope.float64(NaiveMatrix.flat(closing), HIDDEN, CHANNELS);
    Moments moments =
        new Moments(1, null, Gram.of(scope.zeros(DataType.FLOAT64, CHANNELS, CHANNELS)), null);
    PruningProblem problem =
        new PruningProblem(
            "test",
            new SublayerKey(0, SublayerKind.FFN),
            dense,
            List.of(),
            moments,
            CHANNELS,
            1,
            0);
    return new OpeningRefit(tokens, traits, problem, 6)
        .fit(scope, weights(scope), dense, DType.F32);
  }

  private Map<String, NDArray> weights(TorchScope scope) {
    Map<String, NDArray> weights = new HashMap<>();
    weights.put(GaussNewton.UP, f32(scope, up));
    weights.put(GaussNewton.GATE, f32(scope, gate));
    weights.put("gate.bias", f32(scope, new double[][] {bias}).flatten());
    return GaussNewton.closing(
        scope, weights, scope.float64(NaiveMatrix.flat(closing), HIDDEN, CHANNELS));
  }

  private RefitTokens.Batch batch(TorchScope scope, int from, int to) {
    double[][] column = new double[to - from][1];
    Arrays.setAll(column, i -> new double[] {scale[from + i]});
    return new RefitTokens.Batch(
        f32(scope, Arrays.copyOfRange(h, from, to)),
        f32(scope, column),
        f32(scope, Arrays.copyOfRange(target, from, to)));
  }

  private static NDArray f32(TorchScope scope, double[][] values) {
    return scope
        .float64(NaiveMatrix.flat(values), values.length, values[0].length)
        .toType(DataType.FLOAT32, false);
  }

  /** U, then G. */
  private double[] parameters() {
    double[] all = Arrays.copyOf(NaiveMatrix.flat(up), 2 * CHANNELS * HIDDEN);
    System.arraycopy(NaiveMatrix.flat(gate), 0, all, CHANNELS * HIDDEN, CHANNELS * HIDDEN);
    return all;
  }

  private double[] outputs(String activation, double... parameters) {
    double[] outputs = new double[TOKENS * HIDDEN];
    for (int t = 0; t < TOKENS; t++) {
      for (int j = 0; j < CHANNELS; j++) {
        double a = bias[j];
        double b = 0;
        for (int i = 0; i < HIDDEN; i++) {
          b += parameters[j * HIDDEN + i] * h[t][i];
          a += parameters[(CHANNELS + j) * HIDDEN + i] * h[t][i];
        }
        for (int c = 0; c < HIDDEN; c++) {
          outputs[t * HIDDEN + c] += closing[c][j] * scale[t] * activated(activation, a) * b;
        }
      }
    }
    return outputs;
  }

  private static double activated(String activation, double a) {
    return switch (activation) {
      case "SILU" -> a / (1 + Math.exp(-a));
      case "GELU" -> a * normal(a);
      default -> 0.5 * a * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (a + 0.044715 * a * a * a)));
    };
  }

  /** The integral of the normal density, by Simpson's rule. */
  private static double normal(double a) {
    int steps = 2000;
    double width = a / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double x = i * width;
      sum += (i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2) * Math.exp(-x * x / 2);
    }
    return 0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI);
  }

  private double error(String activation, double... parameters) {
    double[] outputs = outputs(activation, parameters);
    return IntStream.range(0, outputs.length)
        .mapToDouble(i -> Math.pow(target[i / HIDDEN][i % HIDDEN] - outputs[i], 2))
        .sum();
  }

  /** (JᵀJ + l)⁻¹ Jᵀr, J by central differences. */
  private double[] expected(String activation) {
    double[] at = parameters();
    double[] outputs = outputs(activation, at);
    double[][] jacobian = new double[at.length][];
    double step = 1e-5;
    for (int i = 0; i < at.length; i++) {
      double[] more = at.clone();
      double[] less = at.clone();
      more[i] += step;
      less[i] -= step;
      double[] above = outputs(activation, more);
      double[] below = outputs(activation, less);
      jacobian[i] = new double[outputs.length];
      Arrays.setAll(jacobian[i], k -> (above[k] - below[k]) / 2 / step);
    }
    double[][] normal = NaiveMatrix.product(jacobian, NaiveMatrix.transposed(jacobian));
    double[] ridges = ridges(activation);
    double[][] right = new double[at.length][1];
    for (int i = 0; i < at.length; i++) {
      normal[i][i] += ridges[i / (CHANNELS * HIDDEN)];
      for (int k = 0; k < outputs.length; k++) {
        right[i][0] += jacobian[i][k] * (target[k / HIDDEN][k % HIDDEN] - outputs[k]);
      }
    }
    double[][] solved = NaiveMatrix.product(NaiveMatrix.inverse(normal), right);
    return Arrays.stream(solved).mapToDouble(row -> row[0]).toArray();
  }

  /** 0.01 mean over channels of Σ s² ‖D_:j‖² mean(h²), of either. */
  private double[] ridges(String activation) {
    double[] ridges = new double[2];
    for (int t = 0; t < TOKENS; t++) {
      double size = Arrays.stream(h[t]).map(x -> x * x).average().orElseThrow();
      for (int j = 0; j < CHANNELS; j++) {
        int channel = j;
        double a = bias[j];
        double b = 0;
        for (int i = 0; i < HIDDEN; i++) {
          b += up[j][i] * h[t][i];
          a += gate[j][i] * h[t][i];
        }
        double slope = (activated(activation, a + 1e-5) - activated(activation, a - 1e-5)) / 2e-5;
        double column =
            Arrays.stream(closing).mapToDouble(row -> row[channel] * row[channel]).sum();
        ridges[0] += Math.pow(scale[t] * activated(activation, a), 2) * column * size;
        ridges[1] += Math.pow(scale[t] * b * slope, 2) * column * size;
      }
    }
    return new double[] {RIDGE * ridges[0] / CHANNELS, RIDGE * ridges[1] / CHANNELS};
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** A sub-layer and all its activations, token by token: correlated entries, means far from zero. */
final class Tokens {
  static final int ROWS = 9;
  private static final int HIDDEN = 7;
  private static final int HEAD_SIZE = 4;

  final SublayerKind kind;
  final double[][] w;
  final double[][] x;
  final int units;
  private final int heads;
  final List<double[][]> openings;
  final double[][] a;

  /**
   * @param w the closing linear, [m, units · size]
   * @param x its input, [units · size, tokens]
   * @param heads query heads of a unit; 1 but under grouped-query attention
   * @param openings the opening linears, [units, hidden] each; none for attention
   * @param a their input, [hidden, tokens]
   */
  Tokens(
      SublayerKind kind,
      double[][] w,
      double[][] x,
      int units,
      int heads,
      List<double[][]> openings,
      double[][] a) {
    this.kind = kind;
    this.w = w;
    this.x = x;
    this.units = units;
    this.heads = heads;
    this.openings = openings;
    this.a = a;
  }

  @Override
  public String toString() {
    return kind + ": " + units + " units of " + size() + " columns";
  }

  /** Six heads, each with its own keys and values. */
  static Tokens heads(long seed) {
    return attention(seed, 6, 1);
  }

  /** Four KV groups of three query heads. */
  static Tokens groups(long seed) {
    return attention(seed, 4, 3);
  }

  static Tokens attention(long seed, boolean grouped) {
    return grouped ? groups(seed) : heads(seed);
  }

  private static Tokens attention(long seed, int units, int heads) {
    int columns = units * heads * HEAD_SIZE;
    return new Tokens(
        SublayerKind.ATTENTION,
        NaiveMatrix.random(seed, ROWS, columns),
        activations(seed + 1, columns, 120),
        units,
        heads,
        List.of(),
        activations(seed + 2, HIDDEN, 120));
  }

  /** A hundred and twenty channels with a gate and an up linear. */
  static Tokens channels(long seed) {
    int channels = 120;
    return new Tokens(
        SublayerKind.FFN,
        NaiveMatrix.random(seed, ROWS, channels),
        activations(seed + 1, channels, 300),
        channels,
        1,
        List.of(
            NaiveMatrix.random(seed + 3, channels, HIDDEN),
            NaiveMatrix.random(seed + 4, channels, HIDDEN)),
        activations(seed + 2, HIDDEN, 300));
  }

  /** Three hidden factors, noise, and a mean of its own for each row. */
  private static double[][] activations(long seed, int rows, int tokens) {
    Random random = new Random(seed);
    double[][] x =
        NaiveMatrix.product(
            NaiveMatrix.random(seed + 100, rows, 3), NaiveMatrix.random(seed + 200, 3, tokens));
    for (double[] row : x) {
      double mean = 2 * random.nextGaussian();
      double scale = Math.exp(random.nextGaussian());
      for (int t = 0; t < tokens; t++) {
        row[t] = mean + scale * (row[t] + random.nextGaussian());
      }
    }
    return x;
  }

  /** Columns of a unit. */
  int size() {
    return w[0].length / units;
  }

  int tokens() {
    return x[0].length;
  }

  int[] columns(List<Integer> kept) {
    return SublayerWeights.positions(kept, size());
  }

  /** The output of the given units, head by head, [m, tokens]. */
  double[][] output(List<Integer> of) {
    double[][] y = new double[ROWS][tokens()];
    int width = size() / heads;
    for (int unit : of) {
      for (int head = 0; head < heads; head++) {
        int begin = unit * size() + head * width;
        for (int j = begin; j < begin + width; j++) {
          for (int c = 0; c < ROWS; c++) {
            for (int t = 0; t < tokens(); t++) {
              y[c][t] += w[c][j] * x[j][t];
            }
          }
        }
      }
    }
    return y;
  }

  List<Integer> all() {
    List<Integer> all = new ArrayList<>();
    for (int unit = 0; unit < units; unit++) {
      all.add(unit);
    }
    return all;
  }

  /** With these units in another order: number i of the new is number order[i] of the old. */
  Tokens reordered(List<Integer> order) {
    int[] columns = columns(order);
    int[] rows = order.stream().mapToInt(i -> i).toArray();
    return new Tokens(
        kind,
        NaiveMatrix.columns(w, columns),
        rows(x, columns),
        units,
        heads,
        openings.stream().map(o -> rows(o, rows)).toList(),
        a);
  }

  Tokens with(double[][] otherX) {
    return new Tokens(kind, w, otherX, units, heads, openings, a);
  }

  private static double[][] rows(double[][] matrix, int... numbers) {
    return Arrays.stream(numbers).mapToObj(i -> matrix[i]).toArray(double[][]::new);
  }

  /** What a method is told: moments instead of tokens. */
  PruningProblem problem(TorchScope scope, int removed) {
    int n = x.length;
    double[] sums = Arrays.stream(x).mapToDouble(r -> Arrays.stream(r).sum()).toArray();
    double[] squares =
        Arrays.stream(a).mapToDouble(r -> Arrays.stream(r).map(v -> v * v).sum()).toArray();
    double[][] gram = NaiveMatrix.product(x, NaiveMatrix.transposed(x));
    return new PruningProblem(
        "test",
        new SublayerKey(0, kind),
        scope.float64(NaiveMatrix.flat(w), ROWS, n),
        openings.stream()
            .map(o -> scope.float64(NaiveMatrix.flat(o), o.length, o[0].length))
            .toList(),
        new Moments(
            tokens(),
            scope.float64(sums, n),
            Gram.of(scope.float64(NaiveMatrix.flat(gram), n, n)),
            scope.float64(squares, squares.length)),
        units,
        size(),
        removed);
  }
}

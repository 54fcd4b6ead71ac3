// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against sums in Java doubles, of the same F32 tokens. */
class GramAccumulatorTest {
  private static final int WIDTH = 12;
  private static final int TOKENS = 500;

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 5, 12, 100})
  void momentsEqualNaiveSums(int tileSize) {
    double[][] x = floats(NaiveMatrix.random(1, TOKENS, WIDTH));
    // F32 over 500 tokens: seven digits, relative to the diagonal.
    assertMoments(x, new TileGrid(WIDTH, tileSize), 1e-6);
  }

  @Test
  void goesOnAfterItWasAsked() {
    double[][] x = floats(NaiveMatrix.random(3, 60, WIDTH));
    TileGrid grid = new TileGrid(WIDTH, 5);
    try (TorchScope scope = TorchScope.open();
        GramAccumulator sum = new GramAccumulator(grid, 1)) {
      sum.add(f32(scope, Arrays.copyOfRange(x, 0, 20)), "test");
      double[] first = sum.tiles().get(0).gram().toDoubleArray();
      assertThat(sum.tiles().get(0).gram().toDoubleArray()).containsExactly(first);
      sum.add(f32(scope, Arrays.copyOfRange(x, 20, 60)), "test");
      double[][] gram = NaiveMatrix.product(NaiveMatrix.transposed(x), x);
      assertTile(sum.tiles().get(1).gram(), gram, 0, 5, 1e-6);
    }
  }

  @Test
  void tilesOnTheDiagonalAreSymmetric() {
    double[][] x = floats(NaiveMatrix.random(4, TOKENS, WIDTH));
    try (GramAccumulator sum = accumulated(x, new TileGrid(WIDTH, 8))) {
      double[] tile = sum.tiles().get(0).gram().toDoubleArray();
      for (int i = 0; i < 8; i++) {
        for (int j = 0; j < i; j++) {
          assertThat(tile[8 * i + j]).isEqualTo(tile[8 * j + i]);
        }
      }
    }
  }

  @Test
  void centringBySubtractionKeepsSixDigitsWhereTheMeanIsAThousandDeviations() {
    double[][] x = NaiveMatrix.random(2, 4000, WIDTH);
    for (double[] row : x) {
      for (int j = 0; j < WIDTH; j++) {
        row[j] += 1000;
      }
    }
    floats(x);
    double[] mean = new double[WIDTH];
    for (double[] row : x) {
      for (int j = 0; j < WIDTH; j++) {
        mean[j] += row[j] / x.length;
      }
    }
    TileGrid grid = new TileGrid(WIDTH, WIDTH);
    try (GramAccumulator sum = accumulated(x, grid)) {
      for (GramAccumulator.TileSums tile : sum.tiles()) {
        for (int i = 0; i < WIDTH; i++) {
          double variance = 0;
          for (double[] row : x) {
            variance += (row[i] - mean[i]) * (row[i] - mean[i]) / x.length;
          }
          double mu = tile.sum().toDoubleArray()[i] / x.length;
          double subtracted = tile.gram().toDoubleArray()[i * WIDTH + i] / x.length - mu * mu;
          assertThat(subtracted / variance).isCloseTo(1, within(1e-6));
        }
      }
    }
  }

  @Test
  void beforeAnyTokenEverythingIsZero() {
    try (GramAccumulator sum = new GramAccumulator(new TileGrid(3, 2), 1)) {
      assertThat(sum.count()).isZero();
      for (GramAccumulator.TileSums tile : sum.tiles()) {
        assertThat(tile.gram().toDoubleArray()).containsOnly(0);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void activationsThatAreNotFiniteAreFatal(float bad) {
    try (TorchScope scope = TorchScope.open();
        GramAccumulator sum = new GramAccumulator(new TileGrid(2, 2), 1)) {
      NDArray x = f32(scope, new double[][] {{1, 2}, {3, bad}});
      assertThatThrownBy(() -> sum.add(x, "layer 4 FFN, shard 2"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "layer 4 FFN, shard 2: the activations contain NaN or infinite values: the weights before it are"
                  + " damaged or overflow");
    }
  }

  private static void assertMoments(double[][] x, TileGrid grid, double tolerance) {
    double[][] gram = NaiveMatrix.product(NaiveMatrix.transposed(x), x);
    double[] total = new double[WIDTH];
    for (double[] row : x) {
      Arrays.setAll(total, j -> total[j] + row[j]);
    }
    try (GramAccumulator sum = accumulated(x, grid)) {
      assertThat(sum.count()).isEqualTo(x.length);
      for (GramAccumulator.TileSums tile : sum.tiles()) {
        TileGrid.Tile place = tile.place();
        int begin = grid.begin(place.column());
        if (place.diagonal()) {
          assertThat(tile.sum().toDoubleArray())
              .containsExactly(
                  Arrays.copyOfRange(total, begin, grid.end(place.column())),
                  within(tolerance * TOKENS));
        } else {
          assertThat(tile.sum()).isNull();
        }
        assertTile(tile.gram(), gram, grid.begin(place.row()), begin, tolerance);
      }
    }
  }

  private static void assertTile(
      NDArray tile, double[][] gram, int row, int column, double tolerance) {
    double[] values = tile.toDoubleArray();
    int height = (int) tile.getShape().get(0);
    int width = (int) tile.getShape().get(1);
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        // Relative to the diagonal: entries off it are sums of both signs.
        assertThat(values[i * width + j])
            .isCloseTo(gram[row + i][column + j], within(tolerance * gram[0][0]));
      }
    }
  }

  /** Added in three parts of unequal length. */
  static GramAccumulator accumulated(double[][] x, TileGrid grid) {
    GramAccumulator sum = new GramAccumulator(grid, 1);
    try (TorchScope scope = TorchScope.open()) {
      sum.add(f32(scope, Arrays.copyOfRange(x, 0, 7)), "test");
      sum.add(f32(scope, Arrays.copyOfRange(x, 7, 8)), "test");
      sum.add(f32(scope, Arrays.copyOfRange(x, 8, x.length)), "test");
    }
    return sum;
  }

  static NDArray f32(TorchScope scope, double[][] x) {
    return scope
        .float64(NaiveMatrix.flat(x), x.length, x[0].length)
        .toType(DataType.FLOAT32, false);
  }

  /** Rounds every entry to F32, in place. */
  static double[][] floats(double[][] x) {
    for (double[] row : x) {
      Arrays.setAll(row, j -> (float) row[j]);
    }
    return x;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TilePart;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.TileFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tiles to files to the whole again, and the reconstruction error. */
public class MomentsTest {
  private static final Storage STORAGE = new FileSystemsStorage();
  private static final int WIDTH = 10;
  private static final SublayerKey SUBLAYER = new SublayerKey(3, SublayerKind.FFN);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 5, 10, 64})
  void tilesInFilesMakeTheMatrixAgain(int tileSize) throws IOException {
    // Sums of 40 tokens in F32.
    double[][] x = GramAccumulatorTest.floats(NaiveMatrix.random(4, 40, WIDTH));
    TileGrid grid = new TileGrid(WIDTH, tileSize);
    List<TileReference> tiles = write(x, grid);
    Collections.reverse(tiles);
    try (TorchScope scope = TorchScope.open()) {
      Moments moments = Moments.assemble(scope, STORAGE, grid, tiles, "test");
      assertThat(moments.count()).isEqualTo(40);
      assertThat(moments.gram().whole(scope).toDoubleArray())
          .containsExactly(
              NaiveMatrix.flat(NaiveMatrix.product(NaiveMatrix.transposed(x), x)), within(1e-4));
      double[][] ones = new double[1][40];
      Arrays.fill(ones[0], 1);
      assertThat(moments.sum().toDoubleArray())
          .containsExactly(NaiveMatrix.product(ones, x)[0], within(1e-5));
    }
  }

  @Test
  void deletingLeavesNoFile() throws IOException {
    List<TileReference> tiles = write(NaiveMatrix.random(4, 40, WIDTH), new TileGrid(WIDTH, 4));
    assertThat(tiles).hasSize(6).allSatisfy(t -> assertThat(file(t)).exists());
    TileFiles.pruned(STORAGE, directory.toString()).delete(SUBLAYER);
    assertThat(tiles).allSatisfy(t -> assertThat(file(t)).doesNotExist());
  }

  @Test
  void aMissingTileIsNamed() throws IOException {
    TileGrid grid = new TileGrid(WIDTH, 5);
    List<TileReference> tiles = write(NaiveMatrix.random(4, 40, WIDTH), grid);
    refuses(
        grid, tiles.subList(0, 2), "here: tile Tile[row=1, column=1] of the moments is missing");
    refuses(grid, List.of(), "here: tile Tile[row=0, column=0] of the moments is missing");
  }

  @Test
  void tilesCountTheSameTokens() throws IOException {
    TileGrid grid = new TileGrid(WIDTH, 5);
    List<TileReference> tiles = write(NaiveMatrix.random(4, 40, WIDTH), grid);
    TileReference short1 = TileReference.newBuilder(tiles.get(1)).setCount(39).build();
    refuses(
        grid,
        List.of(tiles.get(0), short1, tiles.get(2)),
        "here: tile Tile[row=0, column=1] counts 39 tokens, others 40");
  }

  @Test
  void aDamagedTileIsRefused() throws IOException {
    TileGrid grid = new TileGrid(WIDTH, 5);
    List<TileReference> tiles = write(NaiveMatrix.random(4, 40, WIDTH), grid);
    Path path = file(tiles.get(1));
    byte[] bytes = Files.readAllBytes(path);
    for (int at : new int[] {bytes.length - 5, 800}) {
      bytes[at] ^= 1;
      Files.write(path, bytes);
      refuses(grid, tiles, path + ": tensor ");
      bytes[at] ^= 1;
    }
  }

  @Test
  void theRelativeErrorIsThatOfTheOutputs() {
    double[][] x = NaiveMatrix.random(5, WIDTH, 200);
    double[][] w = NaiveMatrix.random(6, 4, WIDTH);
    int[] kept = {1, 2, 5, 9};
    double[][] v = NaiveMatrix.random(7, 4, kept.length);
    double expected = relativeError(x, w, v, kept);
    try (TorchScope scope = TorchScope.open()) {
      Moments moments = moments(scope, x);
      NDArray weight = scope.float64(NaiveMatrix.flat(w), 4, WIDTH);
      assertThat(
              moments.relativeError(weight, scope.float64(NaiveMatrix.flat(v), 4, 4), null, kept))
          .isCloseTo(expected, within(1e-6));
      int[] all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
      assertThat(moments.relativeError(weight, weight, null, all)).isZero();
      NDArray zero = scope.zeros(DataType.FLOAT64, 4, WIDTH);
      assertThat(moments.relativeError(zero, zero, null, all)).as("nothing to lose").isZero();
    }
  }

  /** Wider than a block of the products. */
  @Test
  void theRelativeErrorTakesEveryBlock() {
    int width = 2500;
    double[][] x = NaiveMatrix.random(8, width, 3);
    double[][] w = NaiveMatrix.random(9, 2, width);
    int[] kept = IntStream.range(0, width).filter(i -> i % 5 != 0).toArray();
    double[][] v = NaiveMatrix.columns(w, kept);
    double expected = relativeError(x, w, v, kept);
    try (TorchScope scope = TorchScope.open()) {
      NDArray weight = scope.float64(NaiveMatrix.flat(w), 2, width);
      NDArray left = scope.float64(NaiveMatrix.flat(v), 2, kept.length);
      assertThat(moments(scope, x).relativeError(weight, left, null, kept))
          .isCloseTo(expected, within(1e-5 * expected));
    }
  }

  /** Over tokens: w x against v x in the kept columns alone. */
  private static double relativeError(double[][] x, double[][] w, double[][] v, int... kept) {
    double[][] dense = NaiveMatrix.product(w, x);
    double[][] sparse =
        NaiveMatrix.product(
            v, NaiveMatrix.transposed(NaiveMatrix.columns(NaiveMatrix.transposed(x), kept)));
    double error = 0;
    double whole = 0;
    for (int i = 0; i < dense.length; i++) {
      for (int t = 0; t < dense[i].length; t++) {
        error += Math.pow(sparse[i][t] - dense[i][t], 2);
        whole += Math.pow(dense[i][t], 2);
      }
    }
    return error / whole;
  }

  /** Moments of X [n, tokens]. */
  public static Moments moments(TorchScope scope, double[][] x) {
    int n = x.length;
    double[] sum = Arrays.stream(x).mapToDouble(r -> Arrays.stream(r).sum()).toArray();
    double[][] gram = NaiveMatrix.product(x, NaiveMatrix.transposed(x));
    return new Moments(
        x[0].length,
        scope.float64(sum, n),
        Gram.of(scope.float64(NaiveMatrix.flat(gram), n, n)),
        null);
  }

  private List<TileReference> write(double[][] x, TileGrid grid) throws IOException {
    try (GramAccumulator sum = GramAccumulatorTest.accumulated(x, grid)) {
      return new ArrayList<>(
          TileFiles.pruned(STORAGE, directory.toString()).write(SUBLAYER, 0, sum).stream()
              .map(TilePart::getTile)
              .toList());
    }
  }

  private static void refuses(TileGrid grid, List<TileReference> tiles, String message) {
    try (TorchScope scope = TorchScope.open()) {
      assertThatThrownBy(
              () -> Moments.assemble(scope, STORAGE, grid, tiles, "here").gram().whole(scope))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(message);
    }
  }

  private static Path file(TileReference tile) {
    return Path.of(tile.getGram().getPath());
  }
}

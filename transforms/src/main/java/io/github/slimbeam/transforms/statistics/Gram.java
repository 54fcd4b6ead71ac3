// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.function.BiConsumer;

/**
 * XᵀX of a closing linear's input, [n, n], F64, symmetric: in the tiles of its upper triangle, each
 * of them fetched whenever it is asked for, so that nobody keeps n² · 8 bytes beside a matrix that
 * is made of them.
 */
public final class Gram {
  private static final TorchProgram PROGRAM = TorchProgram.of(Gram.class);

  /** Fetches a tile. */
  @FunctionalInterface
  public interface Tiles {
    NDArray load(TorchScope scope, TileGrid.Tile place) throws IOException;
  }

  private final TileGrid grid;
  private final Tiles tiles;

  Gram(TileGrid grid, Tiles tiles) {
    this.grid = grid;
    this.tiles = tiles;
  }

  /** Of a matrix in memory, which must live as long. */
  public static Gram of(NDArray matrix) {
    TileGrid grid =
        new TileGrid(Math.toIntExact(matrix.getShape().get(0)), TileGrid.DEFAULT_TILE_SIZE);
    return new Gram(grid, (scope, place) -> tile(scope, "tile", grid, place, matrix));
  }

  /** The whole matrix, made anew: the caller may write over it. */
  public NDArray whole(TorchScope scope) {
    NDArray matrix = scope.room(DataType.FLOAT64, grid.size(), grid.size());
    grid.tiles()
        .forEach(
            place -> at(place, (inner, tile) -> tile(inner, "place", grid, place, matrix, tile)));
    return matrix;
  }

  /** Σx², [n]. */
  public NDArray diagonal(TorchScope scope) {
    NDArray diagonal = scope.room(DataType.FLOAT64, grid.size());
    for (TileGrid.Tile place : grid.tiles()) {
      if (place.diagonal()) {
        at(place, (inner, tile) -> tile(inner, "place_diagonal", grid, place, diagonal, tile));
      }
    }
    return diagonal;
  }

  /**
   * tr(W XXᵀ Wᵀ) of each W [m, n], F32.
   *
   * <p><em>Cost</em>: m n² flops each, products in F32, their sum in F64; six digits.
   */
  public double[] quadratics(NDArray... weights) {
    double[] sums = new double[weights.length];
    for (TileGrid.Tile place : grid.tiles()) {
      at(
          place,
          (inner, tile) ->
              Arrays.setAll(
                  sums,
                  i ->
                      sums[i]
                          + tile(inner, "quadratic", grid, place, weights[i], tile).getDouble()));
    }
    return sums;
  }

  private void at(TileGrid.Tile place, BiConsumer<TorchScope, NDArray> use) {
    try (TorchScope inner = TorchScope.open()) {
      use.accept(inner, tiles.load(inner, place));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static NDArray tile(
      TorchScope scope, String method, TileGrid grid, TileGrid.Tile place, NDArray... operands) {
    Object[] arguments = Arrays.copyOf(operands, operands.length + 4, Object[].class);
    arguments[operands.length] = grid.begin(place.row());
    arguments[operands.length + 1] = grid.end(place.row());
    arguments[operands.length + 2] = grid.begin(place.column());
    arguments[operands.length + 3] = grid.end(place.column());
    return PROGRAM.call(scope, method, arguments);
  }
}

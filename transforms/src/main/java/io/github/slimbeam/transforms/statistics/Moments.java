// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * n, Σx and XᵀX of a closing linear's input over all calibration tokens.
 *
 * @param count n, tokens
 * @param sum Σx, [width], F64
 * @param gram XᵀX, [width, width], F64, symmetric
 * @param openingSquares Σa² of the opening linears' input a, [hidden], F64
 */
public record Moments(long count, NDArray sum, NDArray gram, NDArray openingSquares) {
  private static final TorchProgram PROGRAM = TorchProgram.of(Moments.class);

  /**
   * Puts merged tiles together.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if a tile is missing, or the
   *     tiles do not all count the same tokens
   */
  public static Moments assemble(
      TorchScope scope,
      Storage storage,
      TileGrid grid,
      Collection<TileReference> tiles,
      String where)
      throws IOException {
    Map<TileGrid.Tile, TileReference> byPlace = new HashMap<>();
    for (TileReference tile : tiles) {
      check(
          !tile.getGram().getPath().isEmpty(),
          "%s: pruned already when its moments were due, and not any more: the work directory was changed during the run",
          where);
      byPlace.put(new TileGrid.Tile(tile.getKey().getRow(), tile.getKey().getColumn()), tile);
    }
    NDArray gram = scope.zeros(DataType.FLOAT64, grid.size(), grid.size());
    NDArray sum = scope.zeros(DataType.FLOAT64, grid.size());
    long count = tiles.isEmpty() ? 0 : tiles.iterator().next().getCount();
    for (TileGrid.Tile place : grid.tiles()) {
      TileReference tile = byPlace.get(place);
      check(tile != null, "%s: tile %s of the moments is missing", where, place);
      check(
          tile.getCount() == count,
          "%s: tile %s counts %d tokens, others %d",
          where,
          place,
          tile.getCount(),
          count);
      place(scope, storage, grid, place, tile, gram, sum);
    }
    TileReference corner = requireNonNull(byPlace.get(new TileGrid.Tile(0, 0)), where);
    TensorReference squares = corner.getOpeningSquares();
    return new Moments(count, sum, gram, TensorBytes.load(scope, storage, squares));
  }

  private static void place(
      TorchScope scope,
      Storage storage,
      TileGrid grid,
      TileGrid.Tile place,
      TileReference tile,
      NDArray gram,
      NDArray sum)
      throws IOException {
    try (TorchScope inner = scope.nested()) {
      PROGRAM.call(
          inner,
          "place",
          gram,
          TensorBytes.load(inner, storage, tile.getGram()),
          grid.begin(place.row()),
          grid.end(place.row()),
          grid.begin(place.column()),
          grid.end(place.column()));
      if (place.diagonal()) {
        NDArray part = TensorBytes.load(inner, storage, tile.getSum());
        PROGRAM.call(inner, "place_sum", sum, part, grid.begin(place.row()), grid.end(place.row()));
      }
    }
  }

  /** μ = Σx / n, [width]. */
  public NDArray mean(TorchScope scope) {
    return PROGRAM.call(scope, "mean", sum, count);
  }

  /** C = XᵀX / n − μμᵀ, [width, width]. */
  public NDArray covariance(TorchScope scope) {
    return PROGRAM.call(scope, "covariance", sum, gram, count);
  }

  /**
   * ‖WX − ŴX‖² / ‖WX‖², where Ŵ has the columns {@code kept} of W replaced by {@code weight} and
   * all others zero; {@code bias} is what is added to the output, null for nothing.
   *
   * <p><em>Shapes</em>: dense [m, n], weight [m, k], F64. <em>Cost</em>: 2 m n² flops in F32, one
   * triangle of XᵀX for each of both; six digits.
   */
  public double relativeError(NDArray dense, NDArray weight, @Nullable NDArray bias, int[] kept) {
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM
          .call(
              scope,
              "relative_error",
              gram,
              sum,
              count,
              dense,
              weight,
              bias == null ? scope.zeros(DataType.FLOAT64, dense.getShape().get(0)) : bias,
              scope.int64(kept))
          .getDouble();
    }
  }
}

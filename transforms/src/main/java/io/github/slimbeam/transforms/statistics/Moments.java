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
 * @param gram XᵀX
 * @param openingSquares Σa² of the opening linears' input a, [hidden], F64
 * @param cross what is summed of a target; null where the dense output is the target
 */
public record Moments(
    long count, NDArray sum, Gram gram, NDArray openingSquares, @Nullable CrossMoments cross) {
  private static final TorchProgram PROGRAM = TorchProgram.of(Moments.class);

  /** Moments without a target of their own. */
  public Moments(long count, NDArray sum, Gram gram, NDArray openingSquares) {
    this(count, sum, gram, openingSquares, null);
  }

  /**
   * Of merged tiles, which must stay in their files as long.
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
      if (place.diagonal()) {
        try (TorchScope inner = scope.nested()) {
          NDArray part = TensorBytes.load(inner, storage, tile.getSum());
          PROGRAM.call(
              inner, "place_sum", sum, part, grid.begin(place.row()), grid.end(place.row()));
        }
      }
    }
    TileReference corner = requireNonNull(byPlace.get(new TileGrid.Tile(0, 0)), where);
    TensorReference squares = corner.getOpeningSquares();
    Gram gram =
        new Gram(
            grid,
            (inner, place) ->
                TensorBytes.load(inner, storage, requireNonNull(byPlace.get(place)).getGram()));
    return new Moments(
        count,
        sum,
        gram,
        TensorBytes.load(scope, storage, squares),
        CrossMoments.assemble(scope, storage, grid, byPlace, where));
  }

  /** μ = Σx / n, [width]. */
  public NDArray mean(TorchScope scope) {
    return PROGRAM.call(scope, "mean", sum, count);
  }

  /** C = XᵀX / n − μμᵀ, [width, width]. */
  public NDArray covariance(TorchScope scope) {
    return PROGRAM.call(scope, "covariance", sum, gram.whole(scope), count);
  }

  /**
   * ‖T − ŴX − b‖² / ‖T‖², where Ŵ has the columns {@code kept} of W replaced by {@code weight} and
   * all others zero, and T is the target, WX where there is no other; {@code bias} is what is added
   * to the output, null for nothing, and goes without another target only.
   *
   * <p><em>Shapes</em>: dense [m, n], weight [m, k], F64. <em>Cost</em>: {@link Gram#quadratics} of
   * two weights, 2 m n² flops in F32; of one with another target.
   */
  public double relativeError(NDArray dense, NDArray weight, @Nullable NDArray bias, int[] kept) {
    try (TorchScope scope = TorchScope.open()) {
      if (cross != null) {
        NDArray wide = PROGRAM.call(scope, "spread", dense, weight, scope.int64(kept));
        return cross.relativeError(weight, kept, gram.quadratics(wide)[0]);
      }
      NDArray change = PROGRAM.call(scope, "change", dense, weight, scope.int64(kept));
      double[] squares = gram.quadratics(PROGRAM.call(scope, "narrow", dense), change);
      double shift =
          bias == null ? 0 : PROGRAM.call(scope, "shift", change, sum, bias, count).getDouble();
      return squares[0] == 0 ? 0 : Math.max(0, (squares[1] + shift) / squares[0]);
    }
  }
}

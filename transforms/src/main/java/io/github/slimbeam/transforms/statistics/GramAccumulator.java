// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static java.util.Objects.requireNonNull;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sums n, Σx and the upper triangle of XᵀX in native memory, tile by tile: the tokens that come at
 * once in F32, and all of them in F64. They are centred by the mean of the first that come, so that
 * the seven digits of F32 are those of what varies, however large an input's mean is.
 *
 * <p>Where the tokens have targets t, Σ t xᵀ is summed in the same way, m · n of them.
 *
 * <p><em>Memory</em>: n² · 4 bytes (half of float64), 0.5 GB at n = 11,008. <em>Cost</em>: n² flops
 * a token, in F32.
 */
public final class GramAccumulator implements AutoCloseable {
  private static final TorchProgram PROGRAM = TorchProgram.of(GramAccumulator.class);
  private static final String WITHOUT_MEMORY =
      " channels do not fit in the device's memory, n² · 4 bytes: choose another ⟨device⟩ or fewer slots per device";

  private final TorchScope scope = TorchScope.open();
  private final TileGrid grid;
  private final Map<TileGrid.Tile, NDArray> grams = new LinkedHashMap<>();
  private final NDArray sum;
  private final NDArray openingSquares;
  private @Nullable NDArray centre;
  private @Nullable Targets targets;
  private long count;

  /** What is summed of targets: Σt and Σt², [m], and Σ t xᵀ by columns of tiles. */
  private record Targets(NDArray sum, NDArray squares, List<NDArray> crosses) {}

  /** An empty sum; {@code hidden} is the width of the opening linears' input. */
  public GramAccumulator(TileGrid grid, int hidden) {
    this.grid = grid;
    try {
      this.sum = scope.zeros(DataType.FLOAT64, grid.size());
      this.openingSquares = scope.zeros(DataType.FLOAT64, hidden);
      // One piece of memory, which goes back to the system whole: what malloc gives in pieces of
      // some
      // MB it keeps, gigabytes beside the prune step that follows.
      NDArray all =
          scope.zeros(
              DataType.FLOAT64,
              grid.tiles().stream().mapToLong(t -> rows(t.row()) * (long) rows(t.column())).sum());
      long begin = 0;
      for (TileGrid.Tile tile : grid.tiles()) {
        int rows = rows(tile.row());
        int columns = rows(tile.column());
        grams.put(tile, PROGRAM.call(scope, "tile", all, begin, rows, columns));
        begin += (long) rows * columns;
      }
    } catch (EngineException e) {
      scope.close();
      throw DeviceMemory.explained(e, () -> "the sums over " + grid.size() + WITHOUT_MEMORY);
    }
  }

  /**
   * Adds tokens: x is [tokens, n], F32. Where the memory for it runs out, nothing was added, so
   * that the same tokens may come again in smaller parts.
   *
   * @throws BadInputException if x is not finite; {@code where} says what it is
   */
  public void add(NDArray x, String where) {
    add(x, null, where);
  }

  /** As {@link #add(NDArray, String)}, of tokens with targets [tokens, m], F32. */
  public void add(NDArray x, @Nullable NDArray target, String where) {
    if (target != null && targets == null) {
      targets = targets(target.getShape().get(1));
    }
    if (centre == null) {
      centre = PROGRAM.call(scope, "mean", x);
    }
    try (TorchScope inner = scope.nested()) {
      NDArray centred = PROGRAM.call(inner, "centred", x, centre);
      NDArray part = PROGRAM.call(inner, "token_sum", centred);
      BadInputException.check(
          TensorBytes.isFinite(part),
          "%s: the activations contain NaN or infinite values: the weights before it are damaged or overflow",
          where);
      NDArray columns = target == null ? null : PROGRAM.call(inner, "columns", target);
      addInPlace(inner, centred, part, where);
      if (columns != null) {
        addTargets(inner, requireNonNull(targets), centred, columns, requireNonNull(target), where);
      }
      count += x.getShape().get(0);
    }
  }

  /**
   * From here on a failure leaves sums of which some have the tokens: it must not look like one to
   * be repeated.
   */
  private void addInPlace(TorchScope inner, NDArray centred, NDArray part, String where) {
    try {
      PROGRAM.call(inner, "add", sum, part);
      grams.forEach(
          (tile, gram) ->
              PROGRAM.call(
                  inner,
                  "add_gram",
                  gram,
                  centred,
                  grid.begin(tile.row()),
                  grid.end(tile.row()),
                  grid.begin(tile.column()),
                  grid.end(tile.column())));
    } catch (EngineException e) {
      throw DeviceMemory.explained(
          e, () -> where + ": the sums over " + grid.size() + WITHOUT_MEMORY);
    }
  }

  private Targets targets(long rows) {
    try {
      List<NDArray> crosses = new ArrayList<>();
      for (int i = 0; i < grid.side(); i++) {
        crosses.add(scope.zeros(DataType.FLOAT64, rows, rows(i)));
      }
      return new Targets(
          scope.zeros(DataType.FLOAT64, rows), scope.zeros(DataType.FLOAT64, rows), crosses);
    } catch (EngineException e) {
      throw DeviceMemory.explained(e, () -> "the sums over " + grid.size() + WITHOUT_MEMORY);
    }
  }

  private void addTargets(
      TorchScope inner,
      Targets sums,
      NDArray centred,
      NDArray columns,
      NDArray target,
      String where) {
    try {
      PROGRAM.call(inner, "add", sums.sum(), PROGRAM.call(inner, "token_sum", columns));
      PROGRAM.call(inner, "add_squares", sums.squares(), target);
      for (int i = 0; i < grid.side(); i++) {
        PROGRAM.call(
            inner,
            "add_cross",
            sums.crosses().get(i),
            columns,
            centred,
            grid.begin(i),
            grid.end(i));
      }
    } catch (EngineException e) {
      throw DeviceMemory.explained(
          e, () -> where + ": the sums over " + grid.size() + WITHOUT_MEMORY);
    }
  }

  /** Adds the opening linears' input of the same tokens: a is [tokens, hidden], F32. */
  public void addOpening(NDArray a) {
    try (TorchScope inner = scope.nested()) {
      PROGRAM.call(inner, "add_squares", openingSquares, a);
    }
  }

  /** How many tokens have been added so far. */
  public long count() {
    return count;
  }

  /**
   * What has been summed of one tile; it belongs to the accumulator.
   *
   * @param gram the block of XᵀX
   * @param sum the block of Σx; null off the diagonal
   * @param openingSquares Σa² of the opening linears' input; null but in tile 0, 0
   * @param cross the columns of Σ t xᵀ; null off the diagonal, and without targets
   * @param targetSquares Σt²; null but in tile 0, 0, and without targets
   */
  public record TileSums(
      TileGrid.Tile place,
      NDArray gram,
      @Nullable NDArray sum,
      @Nullable NDArray openingSquares,
      @Nullable NDArray cross,
      @Nullable NDArray targetSquares) {}

  /** Every tile, as it stands. */
  public List<TileSums> tiles() {
    uncentre();
    List<TileSums> tiles = new ArrayList<>();
    grams.forEach((place, gram) -> tiles.add(sums(place, gram)));
    return tiles;
  }

  /** The moments as they stand; they live as long as the accumulator. */
  public Moments moments() {
    uncentre();
    Targets some = targets;
    return new Moments(
        count,
        sum,
        new Gram(grid, (inner, place) -> requireNonNull(grams.get(place))),
        openingSquares,
        some == null
            ? null
            : new CrossMoments(NDArrays.concat(new NDList(some.crosses()), 1), some.squares()));
  }

  private TileSums sums(TileGrid.Tile place, NDArray gram) {
    Targets some = targets;
    boolean first = place.row() + place.column() == 0;
    return new TileSums(
        place,
        gram,
        place.diagonal()
            ? PROGRAM.call(scope, "part", sum, grid.begin(place.row()), grid.end(place.row()))
            : null,
        first ? openingSquares : null,
        some != null && place.diagonal() ? some.crosses().get(place.row()) : null,
        some != null && first ? some.squares() : null);
  }

  /** From here on the sums are those of x itself. */
  private void uncentre() {
    NDArray shift = centre;
    if (shift == null) {
      return;
    }
    try (TorchScope inner = scope.nested()) {
      grams.forEach(
          (tile, gram) ->
              PROGRAM.call(
                  inner,
                  "uncentre_gram",
                  gram,
                  sum,
                  shift,
                  count,
                  grid.begin(tile.row()),
                  grid.end(tile.row()),
                  grid.begin(tile.column()),
                  grid.end(tile.column())));
      if (targets != null) {
        for (int i = 0; i < grid.side(); i++) {
          PROGRAM.call(
              inner,
              "uncentre_cross",
              targets.crosses().get(i),
              targets.sum(),
              shift,
              grid.begin(i),
              grid.end(i));
        }
      }
      PROGRAM.call(inner, "uncentre_sum", sum, shift, count);
    }
  }

  private int rows(int index) {
    return grid.end(index) - grid.begin(index);
  }

  @Override
  public void close() {
    scope.close();
  }
}

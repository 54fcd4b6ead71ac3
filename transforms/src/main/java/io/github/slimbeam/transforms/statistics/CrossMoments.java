// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

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
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is summed of the target t that a closing linear shall meet, beside the Σ x xᵀ of its input.
 *
 * @param matrix Σ t xᵀ, [m, n], F64
 * @param squares Σt², [m], F64
 */
public record CrossMoments(NDArray matrix, NDArray squares) {
  private static final TorchProgram PROGRAM = TorchProgram.of(CrossMoments.class);

  /** Puts the columns of diagonal tiles together; null where they have none. */
  static @Nullable CrossMoments assemble(
      TorchScope scope,
      Storage storage,
      TileGrid grid,
      Map<TileGrid.Tile, TileReference> tiles,
      String where)
      throws IOException {
    TileReference corner = requireNonNull(tiles.get(new TileGrid.Tile(0, 0)), where);
    TensorReference squares = corner.getTargetSquares();
    if (squares == null) {
      return null;
    }
    NDArray matrix = scope.room(DataType.FLOAT64, squares.getShape().get(0), grid.size());
    for (int i = 0; i < grid.side(); i++) {
      TileReference tile = requireNonNull(tiles.get(new TileGrid.Tile(i, i)), where);
      try (TorchScope inner = scope.nested()) {
        NDArray columns = TensorBytes.load(inner, storage, requireNonNull(tile.getCross(), where));
        PROGRAM.call(inner, "place", matrix, columns, grid.begin(i), grid.end(i));
      }
    }
    return new CrossMoments(matrix, TensorBytes.load(scope, storage, squares));
  }

  /**
   * ‖T − ŴX‖² / ‖T‖², where Ŵ has the columns {@code kept}, of which {@code weight} [m, k] is, F64.
   *
   * @param energy Σ over tokens of ŴX squared
   */
  double relativeError(NDArray weight, int[] kept, double energy) {
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM
          .call(scope, "relative_error", matrix, squares, weight, scope.int64(kept), energy)
          .getDouble();
    }
  }
}

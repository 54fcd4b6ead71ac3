// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.TokenCover;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One sub-layer to be pruned.
 *
 * @param where model, layer and sub-layer, for messages
 * @param sublayer which one
 * @param weight W, the closing linear, [m, units · unitSize], F64
 * @param openings the opening linears, [units · size, hidden] each, for methods that need them;
 *     else empty
 * @param moments moments of its input
 * @param units units there are
 * @param unitSize consecutive columns of a unit
 * @param removed units to remove, less than {@code units}
 * @param kept the units that stay, ascending, where that is decided already; else empty
 */
public record PruningProblem(
    String where,
    SublayerKey sublayer,
    NDArray weight,
    List<NDArray> openings,
    Moments moments,
    int units,
    int unitSize,
    int removed,
    List<Integer> kept) {
  private static final double UNTOUCHED = 1e-6;

  public PruningProblem {
    openings = List.copyOf(openings);
    kept = List.copyOf(kept);
    long[] shape = weight.getShape().getShape();
    if (shape.length != 2 || shape[1] != (long) units * unitSize) {
      throw new IllegalArgumentException(
          where
              + ": weight "
              + weight.getShape()
              + " does not hold "
              + units
              + " units of "
              + unitSize);
    }
    if (removed < 0 || removed >= units) {
      throw new IllegalArgumentException(
          where + ": cannot remove " + removed + " of " + units + " units");
    }
  }

  /** One of which it is the method's to decide what stays. */
  public PruningProblem(
      String where,
      SublayerKey sublayer,
      NDArray weight,
      List<NDArray> openings,
      Moments moments,
      int units,
      int unitSize,
      int removed) {
    this(where, sublayer, weight, openings, moments, units, unitSize, removed, List.of());
  }

  /** The same with other closing weights. */
  PruningProblem weighing(NDArray other) {
    return new PruningProblem(
        where, sublayer, other, openings, moments, units, unitSize, removed, kept);
  }

  /** Tokens behind the moments, for how many columns. */
  public TokenCover cover() {
    return new TokenCover(moments.count(), (long) units * unitSize);
  }

  /**
   * Whether the dense weights miss another target by more than sums in F32 can tell from nothing.
   */
  boolean missesTarget() {
    int[] all = IntStream.range(0, units * unitSize).toArray();
    return moments.cross() != null && moments.relativeError(weight, weight, null, all) > UNTOUCHED;
  }

  /** Which half of the layer is pruned: attention or FFN. */
  public SublayerKind kind() {
    return sublayer.getKind();
  }
}

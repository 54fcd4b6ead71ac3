package io.github.slimbeam.transforms.statistics;

import io.github.slimbeam.schemas.GramTile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;

/**
 * A sum of tiles with the same key, updated in place. Adding is commutative, and associative up to
 * rounding.
 */
public final class TileSum {
  private long count;
  private int rows;
  private int columns;
  private double[] gram;
  private double[] sum;
  private double[] openingSquares;

  /**
   * The tile that adds nothing: what a worker sends for a sub-layer that was pruned by a former
   * attempt.
   */
  public static GramTile nothing() {
    return new TileSum().toTile();
  }

  /** Whether a tile is {@link #nothing}. */
  public static boolean isNothing(GramTile tile) {
    return tile.getRows() == 0;
  }

  /** Adds a tile; the first one that is not {@link #nothing} decides the shape. */
  public TileSum add(GramTile tile) {
    if (isNothing(tile)) {
      return this;
    }
    DoubleBuffer newGram = doubles(tile.getGram());
    DoubleBuffer newSum = doubles(tile.getSum());
    DoubleBuffer newSquares = doubles(tile.getOpeningSquares());
    if (gram == null) {
      rows = tile.getRows();
      columns = tile.getColumns();
      gram = new double[newGram.remaining()];
      sum = new double[newSum.remaining()];
      openingSquares = new double[newSquares.remaining()];
    }
    if (tile.getRows() != rows
        || tile.getColumns() != columns
        || newSum.remaining() != sum.length
        || newSquares.remaining() != openingSquares.length) {
      throw new IllegalArgumentException(
          "tile of "
              + tile.getRows()
              + " × "
              + tile.getColumns()
              + " added to one of "
              + rows
              + " × "
              + columns);
    }
    count += tile.getCount();
    accumulate(gram, newGram);
    accumulate(sum, newSum);
    accumulate(openingSquares, newSquares);
    return this;
  }

  /** Adds another sum, which may be empty. */
  public TileSum add(TileSum other) {
    return add(other.toTile());
  }

  /** Whether nothing was added yet. */
  public boolean isEmpty() {
    return gram == null;
  }

  /** The sum as a tile, {@link #nothing} where none was added. */
  public GramTile toTile() {
    if (gram == null) {
      ByteBuffer empty = ByteBuffer.allocate(0);
      return new GramTile(0L, 0, 0, empty, empty.duplicate(), empty.duplicate());
    }
    return new GramTile(count, rows, columns, bytes(gram), bytes(sum), bytes(openingSquares));
  }

  private static void accumulate(double[] target, DoubleBuffer values) {
    for (int i = 0; i < target.length; i++) {
      target[i] += values.get(i);
    }
  }

  private static DoubleBuffer doubles(ByteBuffer bytes) {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
  }

  private static ByteBuffer bytes(double[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(values.length * Double.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes;
  }
}

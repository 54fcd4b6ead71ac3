// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts an n × n symmetric matrix in square tiles (the last row and column may be narrower); the
 * upper triangle counts.
 *
 * @param size n
 * @param tileSize width of a tile; 1024 makes 8 MB in float64
 */
public record TileGrid(int size, int tileSize) implements Serializable {
  public static final int DEFAULT_TILE_SIZE = 1024;

  /** A tile's place in the grid. */
  public record Tile(int row, int column) implements Serializable {
    /** Whether the tile lies on the diagonal, and so carries its part of Σx. */
    public boolean diagonal() {
      return row == column;
    }
  }

  public TileGrid {
    if (size < 1 || tileSize < 1) {
      throw new IllegalArgumentException(
          "size " + size + " and tile size " + tileSize + " must be positive");
    }
  }

  /** How many tiles there are along one side of the matrix. */
  public int side() {
    return (size + tileSize - 1) / tileSize;
  }

  /** First matrix row (or column) of a tile row (or column). */
  public int begin(int index) {
    return index * tileSize;
  }

  /** The matrix row (or column) after the last of a tile row (or column). */
  public int end(int index) {
    return Math.min(size, (index + 1) * tileSize);
  }

  /** Tiles of the upper triangle, row by row: side · (side + 1) / 2. */
  public List<Tile> tiles() {
    List<Tile> tiles = new ArrayList<>();
    for (int row = 0; row < side(); row++) {
      for (int column = row; column < side(); column++) {
        tiles.add(new Tile(row, column));
      }
    }
    return tiles;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TileGridTest {

  @ParameterizedTest
  @CsvSource({"1,1", "1,9", "7,1", "7,3", "8,4", "9,4", "9,8", "9,9", "100,33", "352,100"})
  void tilesAndTheirMirrorImagesCoverEveryEntryOnce(int size, int tileSize) {
    TileGrid grid = new TileGrid(size, tileSize);
    int[][] covered = new int[size][size];
    for (TileGrid.Tile tile : grid.tiles()) {
      assertThat(tile.row()).isLessThanOrEqualTo(tile.column());
      for (int i = grid.begin(tile.row()); i < grid.end(tile.row()); i++) {
        for (int j = grid.begin(tile.column()); j < grid.end(tile.column()); j++) {
          covered[i][j]++;
          if (!tile.diagonal()) {
            covered[j][i]++;
          }
        }
      }
    }
    for (int[] row : covered) {
      assertThat(row).containsOnly(1);
    }
    assertThat(grid.tiles()).hasSize(grid.side() * (grid.side() + 1) / 2);
  }

  @Test
  void tilesGoRowByRow() {
    assertThat(new TileGrid(5, 2).tiles().subList(0, 4))
        .isEqualTo(
            List.of(
                new TileGrid.Tile(0, 0),
                new TileGrid.Tile(0, 1),
                new TileGrid.Tile(0, 2),
                new TileGrid.Tile(1, 1)));
    assertThat(new TileGrid(11_008, TileGrid.DEFAULT_TILE_SIZE).side()).isEqualTo(11);
  }

  @Test
  void sizesArePositive() {
    assertThatThrownBy(() -> new TileGrid(0, 4))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("size 0 and tile size 4 must be positive");
    assertThatThrownBy(() -> new TileGrid(4, -1))
        .hasMessage("size 4 and tile size -1 must be positive");
  }
}

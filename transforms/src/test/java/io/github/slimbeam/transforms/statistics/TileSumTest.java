package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.GramTile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TileSumTest {

  @Test
  void addingIsCommutative() {
    assertThat(sum(random(1), random(2)).toTile()).isEqualTo(sum(random(2), random(1)).toTile());
  }

  @Test
  void addingIsAssociativeUpToRounding() {
    TileSum left = sum(random(1), random(2)).add(random(3));
    TileSum right = sum(random(1)).add(sum(random(2), random(3)));
    assertThat(left.toTile().getCount()).isEqualTo(right.toTile().getCount()).isEqualTo(6);
    assertThat(values(left.toTile().getGram()))
        .containsExactly(values(right.toTile().getGram()), within(1e-15));
    assertThat(values(left.toTile().getSum()))
        .containsExactly(values(right.toTile().getSum()), within(1e-15));
  }

  @Test
  void countsAndEntriesAddUp() {
    GramTile tile = sum(tile(2, 1, 2, 3, 4), tile(5, 10, 20, 30, 40)).toTile();
    assertThat(tile.getCount()).isEqualTo(7);
    assertThat(tile.getRows()).isEqualTo(2);
    assertThat(tile.getColumns()).isEqualTo(2);
    assertThat(values(tile.getGram())).containsExactly(11, 22, 33, 44);
    assertThat(values(tile.getSum())).containsExactly(11, 22);
  }

  @Test
  void anEmptySumAddsNothing() {
    assertThat(new TileSum().isEmpty()).isTrue();
    assertThat(sum(random(1)).add(new TileSum()).toTile()).isEqualTo(random(1));
    assertThat(new TileSum().add(sum(random(1))).toTile()).isEqualTo(random(1));
    assertThat(new TileSum().add(new TileSum()).isEmpty()).isTrue();
    assertThat(TileSum.isNothing(new TileSum().toTile())).isTrue();
    assertThat(sum(TileSum.nothing(), random(1), TileSum.nothing()).toTile()).isEqualTo(random(1));
    assertThat(TileSum.isNothing(random(1))).isFalse();
  }

  @Test
  void whatWasAddedStaysAsItWas() {
    GramTile first = random(1);
    ByteBuffer outer = ByteBuffer.allocate(48).order(ByteOrder.BIG_ENDIAN).position(8);
    outer.put(random(2).getGram().duplicate()).position(8).limit(40);
    GramTile second = new GramTile(1L, 2, 2, outer, random(2).getSum(), ByteBuffer.allocate(0));
    TileSum sum = sum(first, second);
    assertThat(outer.position()).isEqualTo(8);
    assertThat(outer.remaining()).isEqualTo(32);
    assertThat(first).isEqualTo(random(1));
    assertThat(sum.toTile().getGram()).isEqualTo(sum(random(1), random(2)).toTile().getGram());
    GramTile before = sum.toTile();
    sum.add(random(3));
    assertThat(before).as("a copy").isEqualTo(sum(random(1), second).toTile());
  }

  @Test
  void tilesOfDifferentShapesDoNotAdd() {
    GramTile wide =
        new GramTile(1L, 1, 4, random(1).getGram(), ByteBuffer.allocate(0), ByteBuffer.allocate(0));
    assertThatThrownBy(() -> sum(random(1), wide))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tile of 1 × 4 added to one of 2 × 2");
    GramTile offDiagonal =
        new GramTile(1L, 2, 2, random(1).getGram(), ByteBuffer.allocate(0), ByteBuffer.allocate(0));
    assertThatThrownBy(() -> sum(random(1), offDiagonal))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static TileSum sum(GramTile... tiles) {
    TileSum sum = new TileSum();
    Arrays.stream(tiles).forEach(sum::add);
    return sum;
  }

  private static GramTile random(long seed) {
    return tile(seed, NaiveMatrix.random(seed, 1, 4)[0]);
  }

  private static GramTile tile(long count, double... gram) {
    return new GramTile(count, 2, 2, bytes(gram), bytes(gram[0], gram[1]), ByteBuffer.allocate(0));
  }

  private static ByteBuffer bytes(double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes;
  }

  private static double[] values(ByteBuffer bytes) {
    double[] values = new double[bytes.remaining() / 8];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    return values;
  }
}

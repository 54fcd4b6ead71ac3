package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.transforms.statistics.TileSum;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;

class TileSumCoderTest {

  @Test
  void readsBackWhatItWroteOneBehindTheOther() throws IOException {
    TileSumCoder coder = SerializableUtils.clone(TileSumCoder.of());
    TileSum sum = new TileSum().add(tile(3, 1, 2, 3, 4, 5, 6)).add(tile(4, 10, 20, 30, 40, 50, 60));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    coder.encode(sum, bytes);
    coder.encode(new TileSum(), bytes);
    coder.encode(sum, bytes);
    ByteArrayInputStream in = new ByteArrayInputStream(bytes.toByteArray());
    assertThat(coder.decode(in).toTile()).isEqualTo(tile(7, 11, 22, 33, 44, 55, 66));
    assertThat(coder.decode(in).isEmpty()).isTrue();
    assertThat(coder.decode(in).toTile()).isEqualTo(tile(7, 11, 22, 33, 44, 55, 66));
    assertThat(in.available()).isZero();
  }

  @Test
  void writesAnEmptySumAsOneByte() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TileSumCoder.of().encode(new TileSum(), bytes);
    assertThat(bytes.toByteArray()).containsExactly(0);
  }

  private static GramTile tile(long count, double... values) {
    return new GramTile(count, 2, 3, bytes(values), bytes(), bytes());
  }

  private static ByteBuffer bytes(double... values) {
    ByteBuffer bytes = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asDoubleBuffer().put(values);
    return bytes;
  }
}

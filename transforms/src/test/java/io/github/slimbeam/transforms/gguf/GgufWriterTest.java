// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The bytes of a small file, value by value. */
class GgufWriterTest {

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    ByteBuffer golden = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    golden.put("GGUF".getBytes(US_ASCII)).putInt(3).putLong(2).putLong(9);
    text(golden, "general.architecture").putInt(8);
    text(golden, "deci");
    text(golden, "u").putInt(4).putInt((int) 4_000_000_000L);
    text(golden, "i").putInt(5).putInt(-2);
    text(golden, "f").putInt(6).putFloat(0.5f);
    text(golden, "b").putInt(7).put((byte) 1);
    text(golden, "l").putInt(10).putLong(1L << 40);
    text(golden, "is").putInt(9).putInt(5).putLong(2).putInt(3).putInt(-1);
    text(golden, "ts").putInt(9).putInt(8).putLong(2);
    text(golden, "a");
    golden.putLong(2).put(new byte[] {(byte) 0xC3, (byte) 0xA9});
    text(golden, "none").putInt(9).putInt(6).putLong(0);
    // three rows of two halves: innermost dimension first, 12 bytes, padded to 32
    text(golden, "w").putInt(2).putLong(2).putLong(3).putInt(1).putLong(0);
    text(golden, "q").putInt(1).putLong(32).putInt(8).putLong(32);
    golden.position((golden.position() + 31) / 32 * 32);
    int dataStart = golden.position();
    golden.put(bytes(12, 1));
    golden.position(dataStart + 32).put(bytes(34, 50));
    golden.position(dataStart + 32 + 64);
    byte[] expected = new byte[golden.position()];
    golden.flip().get(expected);
    assertThat(written(metadata(), sources())).isEqualTo(expected);
    assertThat(GgufWriter.size(metadata(), sources())).isEqualTo(expected.length);
  }

  @Test
  void aSourceThatBreaksItsWordFails() {
    GgufWriter.Source shorter =
        new GgufWriter.Source("w", GgufType.F32, List.of(2L), content(bytes(4, 0)));
    assertThatThrownBy(() -> written(Map.of(), List.of(shorter)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("tensor w: wrote 4 of 8 bytes");
  }

  @Test
  void rowsThatAreNoWholeBlocksAreRefused() {
    GgufWriter.Source broken =
        new GgufWriter.Source("w", GgufType.Q8_0, List.of(2L, 16L), content(bytes(34, 0)));
    assertThatThrownBy(() -> written(Map.of(), List.of(broken)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("tensor w: rows are no whole blocks");
  }

  static Map<String, GgufValue> metadata() {
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", new GgufValue.Text("deci"));
    metadata.put("u", new GgufValue.U32(4_000_000_000L));
    metadata.put("i", new GgufValue.I32(-2));
    metadata.put("f", new GgufValue.F32(0.5f));
    metadata.put("b", new GgufValue.Bool(true));
    metadata.put("l", new GgufValue.U64(1L << 40));
    metadata.put("is", GgufValue.ints(List.of(3, -1)));
    metadata.put("ts", GgufValue.texts(List.of("a", "é")));
    metadata.put("none", GgufValue.floats(List.of()));
    return metadata;
  }

  static List<GgufWriter.Source> sources() {
    return List.of(
        new GgufWriter.Source("w", GgufType.F16, List.of(3L, 2L), content(bytes(12, 1))),
        new GgufWriter.Source("q", GgufType.Q8_0, List.of(32L), content(bytes(34, 50))));
  }

  static byte[] written(Map<String, GgufValue> metadata, List<GgufWriter.Source> sources)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    GgufWriter.write(Channels.newChannel(bytes), metadata, sources);
    return bytes.toByteArray();
  }

  private static Storage.Content content(byte[] bytes) {
    return channel -> Storage.writeFully(channel, ByteBuffer.wrap(bytes));
  }

  private static ByteBuffer text(ByteBuffer buffer, String text) {
    return buffer.putLong(text.length()).put(text.getBytes(US_ASCII));
  }

  private static byte[] bytes(int count, int first) {
    byte[] bytes = new byte[count];
    for (int i = 0; i < count; i++) {
      bytes[i] = (byte) (first + i);
    }
    return bytes;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading back what was written, and refusing what a file does not bear out. */
class GgufHeaderTest {
  @TempDir Path directory;

  @Test
  void whatWasWrittenIsRead() throws IOException {
    byte[] bytes = GgufWriterTest.written(GgufWriterTest.metadata(), GgufWriterTest.sources());
    GgufHeader header = read(bytes);
    assertThat(header.metadata()).containsExactlyEntriesOf(GgufWriterTest.metadata());
    assertThat(header.tensors().values())
        .containsExactly(
            new GgufHeader.Tensor("w", GgufType.F16, List.of(3L, 2L), 0, 12),
            new GgufHeader.Tensor("q", GgufType.Q8_0, List.of(32L), 32, 34));
    assertThat(header.dataStart()).isEqualTo(bytes.length - 96);
    assertThat(bytes[(int) header.dataStart()]).isEqualTo((byte) 1);
  }

  @Test
  void textsLongerThanTheBufferAreReadWhole() throws IOException {
    Map<String, GgufValue> metadata = Map.of("long", new GgufValue.Text("é".repeat(100_000)));
    assertThat(read(GgufWriterTest.written(metadata, List.of())).metadata()).isEqualTo(metadata);
  }

  @Test
  void everyTruncationIsNoticed() throws IOException {
    byte[] bytes = GgufWriterTest.written(GgufWriterTest.metadata(), GgufWriterTest.sources());
    for (int length = 0; length < bytes.length; length++) {
      byte[] shorter = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> read(shorter))
          .as("%d of %d bytes", length, bytes.length)
          .isInstanceOf(BadInputException.class);
    }
  }

  @Test
  void whatTheFileDoesNotBearOutIsRefused() throws IOException {
    refused(bytes -> bytes.put(0, (byte) 'g'), "does not begin with GGUF");
    refused(bytes -> bytes.putInt(4, 2), "version 2 of GGUF, expected 3");
    refused(bytes -> bytes.putLong(8, 1L << 50), "tensor count: 1125899906842624 go beyond");
    refused(bytes -> bytes.putLong(16, -1), "metadata count: 18446744073709551615 is too large");
    refused(bytes -> bytes.putLong(24, 1L << 40), "key 0: 1099511627776 go beyond");
    refused(bytes -> bytes.putInt(52, 12), "general.architecture: values of kind 12");
    int entry = entry();
    refused(bytes -> bytes.putInt(entry + 9, 5), "tensor w has 5 dimensions, expected 1 to 4");
    refused(bytes -> bytes.putLong(entry + 13, 1L << 62), "is too large");
    refused(bytes -> bytes.putLong(entry + 13, 0), "has shape [3, 0]");
    refused(bytes -> bytes.putInt(entry + 29, 2), "tensor w is of type 2");
    refused(bytes -> bytes.putInt(entry + 29, 8), "expected rows of whole blocks of 32");
    refused(bytes -> bytes.putLong(entry + 33, 32), "w begins at byte 32 of the data, expected 0");
    refused(bytes -> bytes.put(entry + 41 + 8, (byte) 'w'), "tensor w stands there twice");
  }

  private void refused(Consumer<ByteBuffer> damage, String message) throws IOException {
    byte[] bytes = GgufWriterTest.written(GgufWriterTest.metadata(), GgufWriterTest.sources());
    damage.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    assertThatThrownBy(() -> read(bytes))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  /** Where the entry of tensor w begins, the one name after the array called none. */
  private static int entry() throws IOException {
    byte[] bytes = GgufWriterTest.written(GgufWriterTest.metadata(), GgufWriterTest.sources());
    int none = new String(bytes, StandardCharsets.ISO_8859_1).indexOf("none");
    return none + 4 + 4 + 4 + 8;
  }

  private GgufHeader read(byte[] bytes) throws IOException {
    Path path = Files.write(directory.resolve("small.gguf"), bytes);
    try (FileChannel channel = FileChannel.open(path)) {
      return GgufHeader.read(channel, path.toString());
    }
  }
}

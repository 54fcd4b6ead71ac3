// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Writing, and reading back through {@link SafetensorsFile}. */
class SafetensorsWriterTest {
  private static final byte[] FIRST = {1, 2, 3, 4};
  private static final byte[] SECOND = {5, 6, 7, 8, 9, 10, 11, 12};

  @TempDir Path directory;

  @Test
  void theBytesAreThoseOfTheFormat() throws IOException {
    String json =
        "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"BF16\",\"shape\":[2,1],\"data_offsets\":[0,4]},"
            + "\"b\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[4,12]}}";
    String padded = json + " ".repeat((8 - json.length() % 8) % 8);
    assertThat(padded).hasSize(144).isNotEqualTo(json);
    ByteBuffer golden =
        ByteBuffer.allocate(8 + 144 + 12)
            .put(new byte[] {(byte) 144, 0, 0, 0, 0, 0, 0, 0})
            .put(padded.getBytes(StandardCharsets.US_ASCII))
            .put(FIRST)
            .put(SECOND);
    assertThat(written()).isEqualTo(golden.array());
  }

  @Test
  void whatWasWrittenIsReadByNameAndPosition() throws IOException {
    Path path = Files.write(directory.resolve("tiny.safetensors"), written());
    try (SafetensorsFile file = SafetensorsFile.open(new FileSystemsStorage(), path.toString())) {
      assertThat(file.path()).isEqualTo(path.toString());
      assertThat(file.header().metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(file.header().dataStart() % 8).isZero();
      assertThat(file.entry("a"))
          .isEqualTo(new TensorEntry("a", DType.BF16, List.of(2L, 1L), 0, 4));
      ByteBuffer bytes = ByteBuffer.allocate(5);
      file.read(file.entry("b"), 3, bytes);
      assertThat(bytes.array()).containsExactly(8, 9, 10, 11, 12);
      assertThatThrownBy(() -> file.read(file.entry("b"), 4, bytes.clear()))
          .isInstanceOf(BadInputException.class)
          .hasMessage(path + ": tensor b: read beyond its end");
      assertThatThrownBy(() -> file.read(file.entry("b"), -1, bytes.clear()))
          .isInstanceOf(BadInputException.class)
          .hasMessage(path + ": tensor b: read beyond its end");
      assertThatThrownBy(() -> file.entry("c"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(path + ": no tensor c");
    }
  }

  @Test
  void withoutMetadataThereIsNoSuchKey() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SafetensorsWriter.write(
        Channels.newChannel(bytes), Map.of(), List.of(source("a", DType.I32, List.of(1L), FIRST)));
    assertThat(bytes.toString(StandardCharsets.ISO_8859_1)).doesNotContain("__metadata__");
    assertThat(ByteBuffer.wrap(bytes.toByteArray()).order(ByteOrder.LITTLE_ENDIAN).getLong(0))
        .isEqualTo(bytes.size() - 8L - 4);
  }

  @Test
  void aSourceThatWritesTooLittleOrTooMuchFails() {
    for (List<Long> shape : List.of(List.of(3L), List.of(1L))) {
      SafetensorsWriter.Source source = source("a", DType.BF16, shape, FIRST);
      assertThatThrownBy(
              () ->
                  SafetensorsWriter.write(
                      Channels.newChannel(new ByteArrayOutputStream()), Map.of(), List.of(source)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("tensor a: wrote 4 of " + 2 * shape.get(0) + " bytes");
    }
  }

  @Test
  void aSourceMustNotCloseTheFile() {
    SafetensorsWriter.Source source =
        new SafetensorsWriter.Source("a", DType.F32, List.of(), channel -> channel.close());
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    Channels.newChannel(new ByteArrayOutputStream()), Map.of(), List.of(source)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("a tensor's source must not close the file");
  }

  private static byte[] written() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    SafetensorsWriter.write(
        Channels.newChannel(bytes),
        Map.of("format", "pt"),
        List.of(
            source("a", DType.BF16, List.of(2L, 1L), FIRST),
            source("b", DType.F64, List.of(), SECOND)));
    return bytes.toByteArray();
  }

  private static SafetensorsWriter.Source source(
      String name, DType dtype, List<Long> shape, byte[] bytes) {
    return new SafetensorsWriter.Source(
        name, dtype, shape, channel -> Storage.writeFully(channel, ByteBuffer.wrap(bytes)));
  }
}

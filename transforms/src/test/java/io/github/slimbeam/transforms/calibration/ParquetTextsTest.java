// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that pyarrow wrote, by {@code fixtures/parquet.py}. */
class ParquetTextsTest {
  private static final Path FIXTURES = Path.of("src", "test", "resources", "fixtures", "parquet");

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"none", "snappy", "zstd", "gzip", "lz4"})
  void readsTheColumnOfTextsInEveryCompression(String codec) throws IOException {
    Path file = file(codec);
    assertThat(read(file, "text"))
        .containsExactly(
            new CalibrationText(file + ":000000001", "one é", null),
            new CalibrationText(file + ":000000002", "two\n\nx", null),
            new CalibrationText(file + ":000000004", "", null),
            new CalibrationText(file + ":000000005", "five", null));
  }

  @Test
  void readsAnotherColumnThatIsNamed() throws IOException {
    assertThat(read(file("zstd"), "content"))
        .extracting(CalibrationText::getText)
        .containsExactly("a", "b", "c", "d", "e");
  }

  @Test
  void partsOfAFileGiveWhatTheWholeGives() throws IOException {
    Path file = file("zstd");
    List<CalibrationText> parts = new ArrayList<>();
    long size = Files.size(file);
    for (long from = 0; from < size; from += 100) {
      parts.addAll(read(file, from, Math.min(size, from + 100), "text"));
    }
    assertThat(parts).containsExactlyElementsOf(read(file, "text"));
  }

  @Test
  void takesWindowsOfTokenIds() throws IOException {
    assertThat(read(file("ids"), "text"))
        .extracting(CalibrationText::getTokens)
        .containsExactly(List.of(1, 2), List.of(3));
  }

  @Test
  void saysWhatItCannotRead() throws IOException {
    refused(
        file("zstd"),
        "story",
        ": expected a column story (strings) or input_ids (lists of token ids), found only id, text, content: ");
    refused(file("zstd"), "id", ": column id must hold strings, found optional int64 id");
    refused(file("brotli"), "text", ": compressed inside by BROTLI, which is not read: ");
    byte[] bytes = Files.readAllBytes(file("zstd"));
    Path cut = directory.resolve("cut.parquet");
    Files.write(cut, Arrays.copyOf(bytes, bytes.length / 2));
    refused(cut, "text", ": cannot be read as Parquet: ");
    Path empty = directory.resolve("empty.parquet");
    Files.write(empty, new byte[0]);
    refused(empty, "text", ": cannot be read as Parquet: ");
    for (int damaged = 4; damaged < bytes.length; damaged++) {
      byte[] other = bytes.clone();
      other[damaged] ^= 0x55;
      Files.write(cut, other);
      try {
        read(cut, "text");
      } catch (BadInputException e) {
        assertThat(e.getMessage()).startsWith(cut.toString());
      }
    }
  }

  private static void refused(Path file, String column, String message) {
    assertThatThrownBy(() -> read(file, column))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file + message);
  }

  private static Path file(String name) {
    return FIXTURES.resolve(name + ".parquet");
  }

  private static List<CalibrationText> read(Path file, String column) throws IOException {
    return read(file, 0, Long.MAX_VALUE, column);
  }

  private static List<CalibrationText> read(Path file, long from, long to, String column)
      throws IOException {
    List<CalibrationText> texts = new ArrayList<>();
    try (SeekableByteChannel channel = Files.newByteChannel(file)) {
      ParquetTexts.read(file.toString(), channel, from, to, column, texts::add);
    }
    return texts;
  }
}

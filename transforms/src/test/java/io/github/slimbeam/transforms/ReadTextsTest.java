// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.calibration.CompressedName;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

@ExtendWith(TestPipelineExtension.class)
class ReadTextsTest {
  @TempDir Path directory;

  @Test
  void readsEveryMatchingFileOnce(TestPipeline pipeline) throws IOException {
    Path plain = write("a.txt", "one\n\ntwo\n");
    Path json = write("b.jsonl", "{\"input_ids\":[4,5]}\n");
    Path zipped = directory.resolve("c.jsonl.gz");
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
      out.write("{\"text\":\"ä\"}\n".getBytes(UTF_8));
    }
    write("d.md", "not read");
    String pattern = directory + "/*.{txt,jsonl}, " + zipped + "," + directory + "/a*";
    PAssert.that(pipeline.apply(ReadTexts.from(pattern)))
        .containsInAnyOrder(
            new CalibrationText(plain + ":000000001", "one", null),
            new CalibrationText(plain + ":000000003", "two", null),
            new CalibrationText(json + ":000000001", null, List.of(4, 5)),
            new CalibrationText(zipped + ":000000001", "ä", null));
    pipeline.run();
  }

  @ParameterizedTest
  @EnumSource(
      value = Compression.class,
      names = {"AUTO", "UNCOMPRESSED", "LZO", "LZOP", "ZIP", "SNAPPY"},
      mode = EnumSource.Mode.EXCLUDE)
  void readsEveryCompressionThatIsOffered(Compression compression, TestPipeline pipeline)
      throws IOException {
    Path file = directory.resolve("a.jsonl" + compression.getSuggestedSuffix());
    String line = "{\"text\":\"ä\"}\n";
    try (WritableByteChannel out =
        compression.writeCompressed(Channels.newChannel(Files.newOutputStream(file)))) {
      out.write(UTF_8.encode(line.repeat(3)));
    }
    assertThat(Files.readAllBytes(file)).isNotEqualTo(line.repeat(3).getBytes(UTF_8));
    assertThat(CompressedName.isCompressed(file.toString())).isTrue();
    PAssert.that(pipeline.apply(ReadTexts.from(file.toString())))
        .containsInAnyOrder(
            new CalibrationText(file + ":000000001", "ä", null),
            new CalibrationText(file + ":000000002", "ä", null),
            new CalibrationText(file + ":000000003", "ä", null));
    pipeline.run();
  }

  /** Beam writes the length of the last file that it has read, so this is not written by Beam. */
  @Test
  void readsSnappy(TestPipeline pipeline) throws IOException {
    Path file = directory.resolve("a.txt.snappy");
    Files.write(file, Snappy.compress("ä".repeat(100_000), UTF_8));
    PAssert.that(pipeline.apply(ReadTexts.from(file.toString())))
        .containsInAnyOrder(new CalibrationText(file + ":000000001", "ä".repeat(100_000), null));
    pipeline.run();
  }

  @Test
  void readsTheFilesOfAZipArchive(TestPipeline pipeline) throws IOException {
    Path file = directory.resolve("a.txt.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      for (String name : List.of("one", "two")) {
        out.putNextEntry(new ZipEntry(name));
        out.write((name + "\n\n").getBytes(UTF_8));
      }
    }
    PAssert.that(pipeline.apply(ReadTexts.from(file.toString())))
        .containsInAnyOrder(
            new CalibrationText(file + ":000000001", "one", null),
            new CalibrationText(file + ":000000003", "two", null));
    pipeline.run();
  }

  /** The names by which Beam decompresses are those that are offered, in either direction. */
  @Test
  void offersWhatBeamDecompresses() {
    for (String suffix : CompressedName.list().split(", ")) {
      assertThat(Compression.detect("a" + suffix))
          .as(suffix)
          .isNotEqualTo(Compression.UNCOMPRESSED);
    }
    for (Compression compression : Compression.values()) {
      String name = "a" + compression.getSuggestedSuffix();
      boolean compressed = Compression.detect(name) != Compression.UNCOMPRESSED;
      assertThat(CompressedName.isCompressed(name) || CompressedName.isUnreadable(name))
          .as(name)
          .isEqualTo(compressed);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {".bz2", ".zst", ".snappy", ".deflate"})
  void namesTheFileThatIsNotCompressedAsItsNameSays(String suffix, TestPipeline pipeline)
      throws IOException {
    Path file = write("a.txt" + suffix, "There once was a text that nobody had compressed.");
    pipeline.apply(ReadTexts.from(file.toString()));
    assertThatThrownBy(pipeline::run).hasStackTraceContaining(file + ": cannot be decompressed");
  }

  @Test
  void refusesLzo(TestPipeline pipeline) throws IOException {
    Path file = write("a.txt.lzo", "x");
    pipeline.apply(ReadTexts.from(file.toString()));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining(file + ": compressed by LZO, which is not read: expected");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 7, 30, 1000})
  void readsLargeFilesInParts(long bytes, TestPipeline pipeline) throws IOException {
    Path plain = write("a.txt", "one\nmore\n\n\r\ntwo\r\n\r\nthreeä\n");
    Path json = write("b.jsonl", "{\"text\":\"x\"}\n\n{\"text\":\"ü\"}\n");
    PCollection<String> texts =
        pipeline
            .apply(ReadTexts.from(plain + "," + json).withPartBytes(bytes))
            .apply(MapElements.into(TypeDescriptors.strings()).via(CalibrationText::getText));
    PAssert.that(texts).containsInAnyOrder("one\nmore", "two", "threeä", "x", "ü");
    pipeline.run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a[1].txt", "a*.txt", "a{1}.txt", "a?.txt"})
  void takesAPatternForTheFileOfThatName(String name, TestPipeline pipeline) throws IOException {
    Path file = write(name, "this");
    write("a1.txt", "that");
    PAssert.that(pipeline.apply(ReadTexts.from("file://" + file)))
        .containsInAnyOrder(new CalibrationText(file + ":000000001", "this", null));
    pipeline.run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a.txt,,b.txt"})
  void refusesAnEmptyPattern(String pattern) {
    assertThatThrownBy(() -> ReadTexts.checkMatches(pattern))
        .isInstanceOf(BadInputException.class)
        .hasMessageMatching("file pattern has an empty path: .*|no file matches \"a.txt\".*");
  }

  @Test
  void remarksOnJsonUnderAnotherName() throws IOException {
    Path file = write("a.txt", "{\"text\":\"a\"}\n");
    write("b.txt", "a text");
    assertThat(ReadTexts.remarks(directory + "/*.txt"))
        .singleElement()
        .asString()
        .startsWith(file + ": begins as JSON lines do");
  }

  @Test
  void saysThatNothingMatches(TestPipeline pipeline) throws IOException {
    write("a.txt", "one");
    String pattern = directory + "/a.txt," + directory + "/*.jsonl";
    String message =
        "no file matches \""
            + directory
            + "/*.jsonl\": check the path, and quote globs so that the shell leaves them alone";
    assertThatThrownBy(() -> ReadTexts.checkMatches(pattern))
        .isInstanceOf(BadInputException.class)
        .hasMessage(message);
    pipeline.apply(ReadTexts.from(pattern));
    assertThatThrownBy(pipeline::run).hasStackTraceContaining(message);
  }

  @Test
  void saysWhichPatternCannotBeUsed() throws IOException {
    ReadTexts.checkMatches(write("a.txt", "one").toString());
    assertThatThrownBy(() -> ReadTexts.checkMatches(directory.toString()))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "\"%s\" is a directory: name its files, such as %s/*.txt", directory, directory);
    assertThatThrownBy(() -> ReadTexts.checkMatches("nowhere://x/*"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("nowhere://x/*: no file system for nowhere:// is known");
  }

  @Test
  void namesFileAndLineOfAnError(TestPipeline pipeline) throws IOException {
    Path file = write("a.jsonl", "{\"text\":\"a\"}\n{\"text\":1}\n");
    pipeline.apply(ReadTexts.from(file.toString()));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining(file + ":000000002: text must be a string, found the number 1");
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }
}

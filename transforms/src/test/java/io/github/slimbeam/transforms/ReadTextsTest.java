package io.github.slimbeam.transforms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

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

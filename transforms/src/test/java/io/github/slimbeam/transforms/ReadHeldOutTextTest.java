// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(TestPipelineExtension.class)
class ReadHeldOutTextTest {
  private static final String MODEL = "../pipelines/examples/story-llama";
  private static final String HELD_OUT = "../pipelines/examples/story-heldout.txt";

  @TempDir Path directory;

  @Test
  void cutsTheExampleInto166Windows(TestPipeline pipeline) throws IOException {
    List<TokenSequence> expected = windows(Files.readString(Path.of(HELD_OUT)), 256, 0);
    assertThat(expected).hasSize(166);
    PAssert.that(
            pipeline.apply(
                ReadHeldOutText.from(HELD_OUT)
                    .using(MODEL)
                    .withSequenceLength(256)
                    .withVocabularySize(1024)))
        .containsInAnyOrder(expected);
    pipeline.run();
  }

  @Test
  void numbersWindowsOverSortedFilesAndUnzips(TestPipeline pipeline) throws IOException {
    Files.writeString(directory.resolve("b.txt"), "There once lived a small boy.");
    Files.writeString(directory.resolve("c.jsonl"), "{\"input_ids\":[9,8]}");
    try (OutputStream out =
        new GZIPOutputStream(Files.newOutputStream(directory.resolve("a.txt.gz")))) {
      out.write("Oscar went to the forest.".getBytes(UTF_8));
    }
    List<TokenSequence> expected = windows("Oscar went to the forest.", 3, 0);
    expected.addAll(windows("There once lived a small boy.", 3, expected.size()));
    expected.add(new TokenSequence(expected.size(), List.of(9, 8)));
    PAssert.that(
            pipeline.apply(
                ReadHeldOutText.from(directory + "/c*," + directory + "/*.{txt,gz}")
                    .using(MODEL)
                    .withSequenceLength(3)))
        .containsInAnyOrder(expected);
    pipeline.run();
  }

  @Test
  void saysThatThereIsNoWindow(TestPipeline pipeline) {
    pipeline.apply(ReadHeldOutText.from(HELD_OUT).using(MODEL).withSequenceLength(100_000));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining(HELD_OUT)
        .hasStackTraceContaining("tokens in all, not one whole window of 100000");
  }

  @Test
  void saysThatTheTokenizerIsAnotherModels(TestPipeline pipeline) {
    pipeline.apply(
        ReadHeldOutText.from(HELD_OUT).using(MODEL).withSequenceLength(8).withVocabularySize(50));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining("story-heldout.txt: the tokenizer gives token id");
  }

  @Test
  void saysThatNothingMatches(TestPipeline pipeline) {
    pipeline.apply(ReadHeldOutText.from(directory + "/*.txt").using(MODEL));
    assertThatThrownBy(pipeline::run).hasStackTraceContaining("no file matches \"" + directory);
  }

  private static List<TokenSequence> windows(String text, int length, int first) {
    try (TokenizerFile tokenizer = TokenizerFile.open(new FileSystemsStorage(), MODEL)) {
      List<Integer> ids = Arrays.stream(tokenizer.encode(text)).boxed().toList();
      List<TokenSequence> windows = new ArrayList<>();
      for (int i = 0; i < ids.size() / length; i++) {
        windows.add(new TokenSequence(first + i, ids.subList(i * length, (i + 1) * length)));
      }
      return windows;
    }
  }
}

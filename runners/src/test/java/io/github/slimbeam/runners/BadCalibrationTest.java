// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What shows only while the job runs: in the calibration, the tokenizer or the weights. */
class BadCalibrationTest {
  private static final String DIRECT = "DirectRunner";
  private static final String EMBEDDED_FLINK = "";

  @TempDir private Path directory;
  private Trial trial;

  @BeforeEach
  void copyModel() throws IOException {
    trial = Trial.in(directory);
  }

  private Trial on(String runner) {
    return runner.isEmpty() ? trial.without("runner") : trial.with("runner", runner);
  }

  private void calibrateOn(String name, String content) throws IOException {
    Files.writeString(trial.path(name), content);
    trial.with("calibration", trial.path(name));
  }

  /** Replaces a tensor's first numbers by one with these bits. */
  private void fill(String tensor, int bits, int numbers) throws IOException {
    try (RandomAccessFile file =
        new RandomAccessFile(trial.path("model/model.safetensors").toFile(), "rw")) {
      byte[] header = new byte[(int) Long.reverseBytes(file.readLong())];
      file.readFully(header);
      JsonNode entry = new ObjectMapper().readTree(header).get(tensor);
      file.seek(8 + header.length + entry.at("/data_offsets/0").asLong());
      for (int i = 0; i < numbers; i++) {
        file.writeShort(Short.reverseBytes((short) bits));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {DIRECT, EMBEDDED_FLINK})
  void namesTheWeightThatIsNotANumber(String runner) throws IOException {
    fill("model.layers.1.mlp.up_proj.weight", 0x7FC0, 1);
    on(runner)
        .isRefusedInTheMiddle(
            "tensor model.layers.1.mlp.up_proj.weight contains NaN or infinite values");
  }

  @Test
  void namesTheEmbeddingThatIsNotANumber() throws IOException {
    fill("model.embed_tokens.weight", 0x7FC0, 1);
    trial.isRefused("tensor model.embed_tokens.weight contains NaN or infinite values");
  }

  @Test
  void namesWhereTheActivationsOverflow() throws IOException {
    fill("model.layers.0.post_attention_layernorm.weight", 0x7F7F, 128);
    trial.isRefusedInTheMiddle(
        "model.layers.0.mlp.down_proj.weight: the activations contain NaN or infinite values");
  }

  @ParameterizedTest
  @ValueSource(strings = {DIRECT, EMBEDDED_FLINK})
  void namesTheIdBeyondTheVocabulary(String runner) throws IOException {
    calibrateOn("windows.jsonl", "{\"input_ids\":[5,6]}\n{\"input_ids\":[7,1024]}\n");
    trial.without("sequences");
    on(runner).isRefused("windows.jsonl:000000002: token id 1024, but the vocabulary has 1024");
  }

  @ParameterizedTest
  @ValueSource(strings = {DIRECT, EMBEDDED_FLINK})
  void saysHowManyWindowsTheTextHas(String runner) throws IOException {
    calibrateOn("short.txt", "Once upon a time there was a short text.\n");
    on(runner).isRefused("windows", "but 4 were asked for");
  }

  @Test
  void refusesTextsMixedWithWindows() throws IOException {
    calibrateOn("mixed.jsonl", "{\"input_ids\":[5,6]}\n{\"text\":\"a text\"}\n");
    trial.isRefused("both texts and windows of input_ids");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n\n"})
  void saysThatTheCalibrationIsEmpty(String content) throws IOException {
    calibrateOn("empty.jsonl", content);
    trial.isRefused("no text and no input_ids in the calibration files");
  }

  @Test
  void namesTheLineThatIsNoJson() throws IOException {
    calibrateOn("broken.jsonl", "{\"text\":\"fine\"}\n{\"text\":\n");
    trial.isRefused("broken.jsonl:000000002");
  }

  @Test
  void namesTheTextThatIsNotUtf8() throws IOException {
    Files.write(trial.path("latin.txt"), new byte[] {'n', (byte) 0xE9, 'e'});
    trial.with("calibration", trial.path("latin.txt")).isRefused("latin.txt");
  }

  @Test
  void namesTheFileThatCannotBeDecompressed() throws IOException {
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(whole)) {
      Files.copy(Trial.EXAMPLES.resolve("story-calibration.txt"), out);
    }
    Path file = trial.path("cut.txt.gz");
    Files.write(file, Arrays.copyOf(whole.toByteArray(), whole.size() / 2));
    trial.with("calibration", file).isRefused(file + ": cannot be decompressed");
  }

  @Test
  void refusesADirectoryInThePlaceOfFiles() throws IOException {
    Files.createDirectories(trial.path("texts"));
    trial.with("calibration", trial.path("texts")).isRefused(trial.path("texts").toString());
  }

  @Test
  void namesTheTokenizerThatIsMissing() throws IOException {
    Files.delete(trial.path("model/tokenizer.json"));
    trial
        .with("calibration", Trial.EXAMPLES.resolve("story-calibration.txt"))
        .isRefused("model/tokenizer.json: no such file");
  }

  @Test
  void namesTheTokenizerThatIsBroken() throws IOException {
    Files.writeString(trial.path("model/tokenizer.json"), "{\"model\": 3}");
    trial
        .with("calibration", Trial.EXAMPLES.resolve("story-calibration.txt"))
        .isRefused("model/tokenizer.json: cannot be read as a tokenizer");
  }

  @Test
  void keepsTheOlderOutputWhenItsSuccessorFails() throws IOException {
    Files.createDirectories(trial.path("pruned"));
    Files.writeString(trial.path("pruned/pruning.json"), "{}");
    fill("model.layers.0.mlp.up_proj.weight", 0x7F80, 1);
    trial
        .with("overwrite", true)
        .isRefusedInTheMiddle("model.layers.0.mlp.up_proj.weight contains NaN");
  }
}

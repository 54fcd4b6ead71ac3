// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.pipelines.prune.ExampleJob;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluateTest {
  @TempDir private Path directory;

  /** By transformers it answers 74 of the 100 rightly. */
  @Test
  void measuresTheExample() throws IOException {
    Path boolq = directory.resolve("boolq.jsonl");
    Files.writeString(
        boolq,
        "{\"question\":\"is it red\",\"passage\":\"The ball is red.\",\"label\":true}\n"
            + ("{\"question\":\"is it red\",\"passage\":\"" + "The ball is red. ".repeat(60))
            + "\",\"label\":true}\n");
    List<JsonNode> lines =
        evaluate(
            "--taskFile=" + StoryChoices.TASK,
            "--tasks=story=" + StoryChoices.SET + ",boolq=" + boolq);
    assertThat(lines).hasSize(3);
    assertThat(lines.get(0).get("task").asText()).isEqualTo("boolq");
    assertThat(lines.get(0).has("acc_norm")).isFalse();
    assertThat(lines.get(0).get("questions").asInt()).isEqualTo(2);
    assertThat(lines.get(0).get("cut").asInt()).isEqualTo(1);
    JsonNode story = lines.get(1);
    assertThat(story.get("task").asText()).isEqualTo("story");
    assertThat(story.get("questions").asInt()).isEqualTo(100);
    // A question more or less may hang on the last digit.
    assertThat(story.get("acc").asDouble()).isCloseTo(0.74, within(0.011));
    assertThat(story.get("acc_stderr").asDouble()).isCloseTo(0.0441, within(0.001));
    JsonNode mean = lines.get(2);
    assertThat(mean.get("task").asText()).isEqualTo("mean");
    assertThat(mean.get("tasks").asInt()).isEqualTo(2);
    double acc = lines.get(0).get("acc").asDouble();
    assertThat(mean.get("acc").asDouble())
        .isCloseTo((acc + story.get("acc").asDouble()) / 2, within(1e-12));
    assertThat(mean.get("acc_norm_or_acc").asDouble())
        .isCloseTo((acc + story.get("acc_norm").asDouble()) / 2, within(1e-12));
  }

  @Test
  void aSingleQuestionHasNoStandardError() throws IOException {
    List<JsonNode> lines =
        evaluate(
            "--taskFile=" + StoryChoices.TASK, "--tasks=story=" + StoryChoices.SET, "--limit=1");
    assertThat(lines.get(0).get("questions").asInt()).isEqualTo(1);
    assertThat(lines.get(0).get("acc_stderr").isNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--tasks=piqa | expected NAME=FILES, such as piqa=valid.jsonl, found \"piqa\"",
        "--tasks=piqa= | expected NAME=FILES",
        "--tasks=mmlu=SET | there is no task mmlu: bundled are [boolq, piqa,",
        "--tasks=piqa=SET,piqa=SET | --tasks names piqa twice",
        "--tasks=piqa=none.jsonl | no file matches \"none.jsonl\"",
        "--tasks=piqa=SET,none.jsonl | no file matches \"none.jsonl\"",
        "--tasks=piqa=SET --taskFile=none.json | --taskFile=none.json: no such file",
        "--tasks=piqa=SET --taskFile=TASK | --taskFile defines story, but --tasks does not say story=FILES",
        "--tasks=story=SET --taskFile=TASK,TASK | a task file before it has the name story too",
        "--tasks=story=SET --taskFile=TASK --limit=0 | --limit=0: expected a positive number",
        "--limit=3 | --tasks is missing",
        "--tasks=piqa=SET | no question of piqa: field goal is missing",
      })
  void saysWhatCannotBeDone(String options, String said) {
    assertThatThrownBy(
            () ->
                evaluate(
                    options
                        .replace("SET", StoryChoices.SET.toString())
                        .replace("TASK", StoryChoices.TASK.toString())
                        .split(" ")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(said);
  }

  @Test
  void aTaskOfOnesOwnHasANameOfItsOwn() throws IOException {
    Path task = directory.resolve("own.json");
    Files.writeString(task, Files.readString(StoryChoices.TASK).replace("\"story\"", "\"piqa\""));
    assertThatThrownBy(() -> evaluate("--taskFile=" + task, "--tasks=piqa=" + StoryChoices.SET))
        .hasMessage(task + ": the name piqa is that of a bundled task: take another");
  }

  @Test
  void saysThatTheModelHasNoTokenizer() throws IOException {
    for (String name : List.of("config.json", "model.safetensors")) {
      Files.copy(ExampleJob.EXAMPLES.resolve("story-llama").resolve(name), directory.resolve(name));
    }
    assertThatThrownBy(() -> evaluate("--model=" + directory, "--tasks=piqa=" + StoryChoices.SET))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(directory + "/tokenizer.json: no such file: give a directory");
  }

  /** Runs the command; its lines on standard output. */
  private static List<JsonNode> evaluate(String... more) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--runner=DirectRunner",
                "--enforceImmutability=false",
                "--enforceEncodability=false"));
    if (List.of(more).stream().noneMatch(option -> option.startsWith("--model="))) {
      options.add("--model=" + ExampleJob.EXAMPLES.resolve("story-llama"));
    }
    options.addAll(List.of(more));
    List<JsonNode> lines = new ArrayList<>();
    for (String line : ExampleJob.printed(() -> Evaluate.main(options.toArray(String[]::new)))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }
}

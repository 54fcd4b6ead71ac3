// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.pipelines.prune.ExampleJob;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasurePerplexityTest {
  private static final Path HELD_OUT = ExampleJob.EXAMPLES.resolve("story-heldout.txt");

  @TempDir private Path directory;

  @Test
  void measuresEachTextOnItsOwnAndSaysHow() throws IOException {
    String story = Files.readString(HELD_OUT).substring(0, 3000);
    Path first = Files.writeString(directory.resolve("first.txt"), story);
    Path second = Files.writeString(directory.resolve("second.txt"), "The the of of. ".repeat(90));
    List<JsonNode> lines = perplexity(first + "," + second, "--sequenceLength=64");
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0).fieldNames())
        .toIterable()
        .containsExactly(
            "model",
            "text",
            "perplexity",
            "windows",
            "tokens",
            "sequenceLength",
            "join",
            "specialTokens",
            "dtype");
    assertThat(lines.get(0).get("text").asText()).isEqualTo(first.toString());
    assertThat(lines.get(0).get("dtype").asText()).isEqualTo("BF16");
    assertThat(lines.get(0).get("join").asText()).isEqualTo("blankLine");
    assertThat(lines.get(0).get("tokens").asInt())
        .isEqualTo(63 * lines.get(0).get("windows").asInt());
    assertThat(lines.get(0)).isEqualTo(perplexity(first.toString(), "--sequenceLength=64").get(0));
    assertThat(lines.get(1).get("perplexity").asDouble())
        .isGreaterThan(10 * lines.get(0).get("perplexity").asDouble());
  }

  @Test
  void anotherProtocolIsAnotherFigure() throws IOException {
    Path texts = directory.resolve("texts.jsonl");
    String[] stories = Files.readString(HELD_OUT).split("\n\n", 9);
    ObjectMapper json = new ObjectMapper();
    StringBuilder lines = new StringBuilder();
    for (String story : Arrays.copyOf(stories, 8)) {
      lines.append(json.createObjectNode().put("text", story)).append('\n');
    }
    Files.writeString(texts, lines);
    double usual = value(texts, "--sequenceLength=128");
    assertThat(value(texts, "--sequenceLength=32")).isGreaterThan(usual);
    assertThat(value(texts, "--sequenceLength=128", "--join=space")).isNotEqualTo(usual);
    assertThat(value(texts, "--sequenceLength=128", "--addSpecialTokens=true")).isNotEqualTo(usual);
    assertThatThrownBy(() -> perplexity(texts.toString(), "--join=tab"))
        .isInstanceOf(BadInputException.class)
        .hasMessage("--join=tab: expected one of [blankLine, newline, space]");
  }

  private static double value(Path text, String... more) throws IOException {
    return perplexity(text.toString(), more).get(0).get("perplexity").asDouble();
  }

  private static List<JsonNode> perplexity(String text, String... more) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--runner=DirectRunner",
                "--enforceImmutability=false",
                "--enforceEncodability=false",
                "--model=" + ExampleJob.EXAMPLES.resolve("story-llama"),
                "--text=" + text));
    options.addAll(List.of(more));
    List<JsonNode> lines = new ArrayList<>();
    for (String line :
        ExampleJob.printed(() -> MeasurePerplexity.main(options.toArray(String[]::new)))) {
      lines.add(new ObjectMapper().readTree(line));
    }
    return lines;
  }
}

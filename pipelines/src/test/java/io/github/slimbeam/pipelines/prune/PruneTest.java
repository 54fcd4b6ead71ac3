// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneTest {
  /**
   * What transformers 5.18 in float32 makes of the dense model and of this test's result: exp of
   * the mean cross entropy, added up in float64, over the same windows.
   */
  private static final double TRANSFORMERS_DENSE = 2.033292092151952;

  private static final double TRANSFORMERS_PRUNED = 2.207398647802699;
  private static final Percentage WITHIN = Percentage.withPercentage(0.01);

  @TempDir private Path directory;

  /** Kept units and perplexity are those of the reference run. */
  @Test
  void prunesTheExampleAsTheReferenceDoes() throws IOException {
    Path output = directory.resolve("pruned");
    List<String> printed =
        ExampleJob.pruneDirectly(
            output,
            ExampleJob.EXAMPLES.resolve("calibration-windows.jsonl"),
            "--evaluation=" + ExampleJob.EXAMPLES.resolve("story-heldout.txt"),
            "--tasks=story=" + ExampleJob.EXAMPLES.resolve("story-choices.jsonl"),
            "--taskFile=" + ExampleJob.EXAMPLES.resolve("story-choices.json"),
            "--limit=10",
            "--prompts=" + ExampleJob.EXAMPLES.resolve("prompts.txt"));
    Model pruned = Model.open(new FileSystemsStorage(), output.toString());
    assertThat(pruned.config().layers().stream().map(LayerShape::groups))
        .containsExactly(4, 3, 3, 2, 3, 2);
    assertThat(pruned.config().layers().stream().map(LayerShape::channels))
        .containsExactly(326, 276, 246, 225, 209, 196);
    List<JsonNode> perplexities = printedWith(printed, "perplexity");
    assertThat(perplexities).hasSize(2);
    assertThat(perplexities.get(0).get("perplexity").asDouble())
        .isCloseTo(TRANSFORMERS_DENSE, WITHIN);
    assertThat(perplexities.get(1).get("perplexity").asDouble())
        .isCloseTo(TRANSFORMERS_PRUNED, WITHIN);
    reports(perplexities, printedWith(printed, "questions"), output);
    assertThat(ExampleJob.names(directory)).containsExactly("pruned");
    assertThat(ExampleJob.names(output))
        .containsExactly(
            "README.md",
            "config.json",
            "generation_config.json",
            "model.safetensors",
            "modeling_slim_llama.py",
            "pruning.json",
            "report.html",
            "report.json",
            "tokenizer.json",
            "tokenizer_config.json");
    isComplete(ExampleJob.record(output));
  }

  /**
   * What is lost is less than a sixth of what SlimGPT loses, ln(2.2074 / 2.0333) = 0.0822; and the
   * record tells of both.
   */
  @Test
  void oursLosesASixthOfWhatSlimGptLoses() throws IOException {
    Path output = directory.resolve("ours");
    List<String> printed =
        ExampleJob.pruneDirectly(
            output,
            ExampleJob.EXAMPLES.resolve("calibration-windows.jsonl"),
            "--method=slimbeam",
            "--evaluation=" + ExampleJob.EXAMPLES.resolve("story-heldout.txt"));
    double perplexity = printedWith(printed, "perplexity").get(1).get("perplexity").asDouble();
    assertThat(Math.log(perplexity / TRANSFORMERS_DENSE))
        .isBetween(0.0, Math.log(TRANSFORMERS_PRUNED / TRANSFORMERS_DENSE) / 6);
    JsonNode record = ExampleJob.record(output);
    assertThat(record.get("removedShare").asDouble()).isBetween(0.299, 0.301);
    assertThat(record.get("schedule").asText()).isEqualTo("global");
    for (JsonNode sublayer : record.get("sublayers")) {
      boolean ffn = sublayer.at("/sublayer/kind").asText().equals("FFN");
      assertThat(sublayer.get("refitErrors")).hasSize(ffn ? 3 : 0);
      assertThat(sublayer.get("refitHeldOut")).hasSize(ffn ? 3 : 0);
    }
    JsonNode report = new ObjectMapper().readTree(output.resolve("report.json").toFile());
    assertThat(report.get("stages").findValuesAsText("stage"))
        .containsExactly(
            "measure", "allocate", "embed", "moments", "prune", "forward", "hash", "write");
  }

  /** The JSON lines with this field. */
  private static List<JsonNode> printedWith(List<String> printed, String field) throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : printed) {
      if (line.startsWith("{") && line.contains("\"" + field + "\"")) {
        lines.add(new ObjectMapper().readTree(line));
      }
    }
    return lines;
  }

  /** The report says what was printed, of the dense and of the pruned model. */
  private static void reports(List<JsonNode> perplexities, List<JsonNode> accuracies, Path output)
      throws IOException {
    JsonNode report = new ObjectMapper().readTree(output.resolve("report.json").toFile());
    JsonNode perplexity = report.at("/perplexity/0");
    assertThat(perplexity.get("dense")).isEqualTo(perplexities.get(0).get("perplexity"));
    assertThat(perplexity.get("pruned")).isEqualTo(perplexities.get(1).get("perplexity"));
    assertThat(perplexity.get("windows").asInt()).isEqualTo(166);
    assertThat(report.at("/tasks/0/questions").asInt()).isEqualTo(10);
    JsonNode accuracy = report.at("/tasks/0/metrics/0");
    assertThat(accuracy.get("name").asText()).isEqualTo("acc");
    assertThat(accuracy.get("dense")).isEqualTo(accuracies.get(0).get("acc"));
    assertThat(accuracy.get("pruned")).isEqualTo(accuracies.get(1).get("acc"));
    assertThat(report.get("samples"))
        .hasSize(3)
        .allSatisfy(
            sample -> {
              assertThat(sample.get("dense").asText()).hasSizeGreaterThan(20);
              assertThat(sample.get("pruned").asText()).hasSizeGreaterThan(20);
            });
    assertThat(report.get("stages").findValuesAsText("stage"))
        .containsExactly("embed", "moments", "prune", "forward", "hash", "write");
    assertThat(output.resolve("report.html")).content().contains("before and after", "story");
  }

  private static void isComplete(JsonNode record) {
    assertThat(record.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "model",
            "modelFiles",
            "recipe",
            "schedule",
            "texts",
            "windows",
            "parametersBefore",
            "parametersAfter",
            "removedShare",
            "sublayers",
            "versions");
    assertThat(record.at("/texts/texts").asInt()).isEqualTo(64);
    assertThat(record.at("/windows/texts").asInt()).isEqualTo(64);
    assertThat(record.at("/modelFiles/0/sha256").asText()).matches("[0-9a-f]{64}");
    assertThat(record.at("/recipe/options").findValuesAsText("name"))
        .contains("headScore", "groupSizes", "damping", "pruningRatio", "schedule", "seed");
    assertThat(record.at("/versions").findValuesAsText("name"))
        .containsExactly("slim-beam", "pytorch", "device", "instruction set", "beam", "java");
    assertThat(record.get("removedShare").asDouble()).isBetween(0.29, 0.31);
    assertThat(record.get("sublayers"))
        .hasSize(12)
        .allSatisfy(
            sublayer -> {
              assertThat(sublayer.get("tokens").asInt()).isEqualTo(64 * 256);
              assertThat(sublayer.get("reconstructionError").asDouble()).isBetween(0.0, 1.0);
            });
  }
}

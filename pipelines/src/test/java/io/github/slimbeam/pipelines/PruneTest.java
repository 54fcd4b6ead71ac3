package io.github.slimbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import java.io.IOException;
import java.nio.file.Path;
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

  /** Kept units and perplexity are those of the reference run, see the examples' README. */
  @Test
  void prunesTheExampleAsTheReferenceDoes() throws IOException {
    Path output = directory.resolve("pruned");
    List<String> printed =
        ExampleJob.pruneDirectly(
            output,
            ExampleJob.EXAMPLES.resolve("calibration-windows.jsonl"),
            "--evaluation=" + ExampleJob.EXAMPLES.resolve("story-heldout.txt"));
    Model pruned = Model.open(new FileSystemsStorage(), output.toString());
    assertThat(pruned.config().layers().stream().map(LayerShape::groups))
        .containsExactly(4, 3, 3, 2, 3, 2);
    assertThat(pruned.config().layers().stream().map(LayerShape::channels))
        .containsExactly(326, 276, 246, 225, 209, 196);
    assertThat(perplexity(printed, 2)).isCloseTo(TRANSFORMERS_DENSE, WITHIN);
    assertThat(perplexity(printed, 1)).isCloseTo(TRANSFORMERS_PRUNED, WITHIN);
    assertThat(ExampleJob.names(directory)).containsExactly("pruned");
    assertThat(ExampleJob.names(output))
        .containsExactly(
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

  private static double perplexity(List<String> printed, int fromEnd) throws IOException {
    return new ObjectMapper()
        .readTree(printed.get(printed.size() - fromEnd))
        .get("perplexity")
        .asDouble();
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
        .containsExactly("slim-beam", "beam", "pytorch", "java");
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

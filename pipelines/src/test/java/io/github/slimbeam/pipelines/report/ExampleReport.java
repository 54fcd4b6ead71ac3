// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.pipelines.report.RunReport.Metric;
import io.github.slimbeam.pipelines.report.RunReport.Perplexity;
import io.github.slimbeam.pipelines.report.RunReport.Sample;
import io.github.slimbeam.pipelines.report.RunReport.Stage;
import io.github.slimbeam.pipelines.report.RunReport.Task;
import io.github.slimbeam.transforms.output.PruningJson;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * Reports of the bundled example, pruned by 30 %: the records are those of two runs, and so are the
 * first one's stages and its perplexity on the stories; all else is made up.
 */
final class ExampleReport {
  /** Text that would be markup, a script's end or a line's end if anybody took it for that. */
  static final String HOSTILE =
      "</script><script>document.hacked=1</script><img src=x onerror=\"document.hacked=1\">'\"&amp;"
          + "\u2028\u2029{{title}} ${1} $1 \\ --> ]]> \u0000";

  private static final String TEXT = "pipelines/examples/story-heldout.txt";

  private ExampleReport() {}

  /** Nothing but the record of a run. */
  static RunReport plain() throws IOException {
    return RunReport.of("out/story-llama-slim", record("slimgpt"));
  }

  /** All that there can be. */
  static RunReport full() throws IOException {
    return of("slimgpt", 2.2074, 0.41)
        .withSamples(
            List.of(
                new Sample(
                    "Once upon a time there was a little fox",
                    " who lived in a quiet forest.\nEvery day the fox went to the river.",
                    " who lived in a quiet forest.\nEvery day he found a red apple."),
                new Sample("The", null, " end."),
                new Sample(HOSTILE, HOSTILE, HOSTILE)));
  }

  /** Another run of the same model. */
  static RunReport other() throws IOException {
    return of("slimllm", 2.1547, 0.43)
        .withSamples(
            List.of(
                new Sample(
                    "Once upon a time there was a little fox",
                    " who lived in a quiet forest.\nEvery day the fox went to the river.",
                    " who lived in a small house.")));
  }

  /** As deep as the deepest models. */
  static RunReport deep() throws IOException {
    ObjectNode record = record("slimllm");
    ArrayNode sublayers = (ArrayNode) record.get("sublayers");
    ArrayNode repeated = record.putArray("sublayers");
    for (int i = 0; i < 160; i++) {
      ObjectNode sublayer = sublayers.get(i % sublayers.size()).deepCopy();
      ((ObjectNode) sublayer.get("sublayer")).put("layer", i / 2);
      repeated.add(sublayer);
    }
    return RunReport.of("out/story-llama-deep", record);
  }

  private static RunReport of(String method, double perplexity, double accuracy)
      throws IOException {
    return RunReport.of("out/story-llama-" + method, withScores(record(method)))
        .withQueryHeadsPerGroup(2)
        .withSeconds(17.38)
        .withStages(
            List.of(
                new Stage("embed", 64L, 16_384L, 8_388_608L, 0.742),
                new Stage("moments", 768L, 196_608L, 100_663_296L, 10.94),
                new Stage("prune", null, null, 6_733_824L, 1.31),
                new Stage("forward", 704L, 180_224L, 92_274_688L, 7.527),
                new Stage("write", null, null, 1_824_336L, 0.118)))
        .withPerplexity(
            List.of(
                new Perplexity(
                    TEXT, "two newlines", false, 256, 166, 42_330, "bfloat16", 2.0333, perplexity),
                new Perplexity(
                    "texts/other.txt", "nothing", true, 128, 80, 10_160, "float32", 7.5, 8.25)))
        .withTasks(
            List.of(
                new Task(
                    "arc_easy",
                    2376,
                    List.of(
                        new Metric("acc", 0.5, 0.0101, accuracy, 0.0104),
                        new Metric("acc_norm", 0.45, 0.01, 0.42, 0.01))),
                new Task("piqa", 1838, List.of(new Metric("acc", 0.6, 0.0111, 0.55, 0.0115))),
                new Task("boolq", 3270, List.of(new Metric("acc", 0.61, null, 0.62, null)))));
  }

  /** The {@code pruning.json} of a run of this method. */
  static ObjectNode record(String method) throws IOException {
    try (InputStream in =
        ExampleReport.class.getResourceAsStream("/report/pruning-" + method + ".json")) {
      return (ObjectNode) new ObjectMapper().readTree(in);
    }
  }

  private static ObjectNode withScores(ObjectNode record) {
    int stage = 0;
    for (JsonNode sublayer : record.get("sublayers")) {
      boolean lostAny = sublayer.get("kept").size() < sublayer.get("units").asInt();
      ArrayNode kept = ((ObjectNode) sublayer).putArray("keptScores");
      ArrayNode removed = ((ObjectNode) sublayer).putArray("removedScores");
      for (int i = 0; i < PruningJson.QUANTILES; i++) {
        kept.add(Math.exp(-4 + 3.2 * i / 16 + 0.1 * stage));
        if (lostAny) {
          removed.add(Math.exp(-8 + 3.8 * i / 16 + 0.1 * stage));
        }
      }
      stage++;
    }
    return record;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.export.GgufExport;
import io.github.slimbeam.transforms.export.LlamaCpp;
import io.github.slimbeam.transforms.generation.CachedModel;
import io.github.slimbeam.transforms.generation.Sampling;
import io.github.slimbeam.transforms.generation.TokenGenerator;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.Magnitude;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.vocabulary.TokenizerMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model that speaks says the same in llama.cpp, in two versions of it. */
@Tag("clients")
class ExampleModelInLlamaCppTest {
  private static final int TOKENS = 48;

  @TempDir private Path directory;

  @Test
  void theDenseModel() throws IOException {
    assertSaysTheSame(ExampleModel.open(), "llama");
  }

  @Test
  void theModelPrunedPerLayer() throws IOException {
    assertSaysTheSame(pruned(), "deci");
  }

  private Model pruned() throws IOException {
    SmallRun run = SmallRun.of(ExampleModel.open(), directory.resolve("work").toString());
    PruningPlan plan =
        Plans.of(
            run.model().config(),
            "linear",
            RatioSchedule.DECREASING_LINEAR.withMean(
                run.model().config().layers().size(), 0.3, Double.NaN));
    List<PrunedSublayer> sublayers =
        PlainPruning.run(
            new SmallRun(run.model(), run.work().withTileSize(512), run.windows(), plan),
            new Magnitude());
    PrunedCheckpoint checkpoint =
        new PrunedCheckpoint(run.model(), sublayers, PrunedCheckpoint.MAX_FILE);
    Path place = directory.resolve("pruned");
    ExampleModel.STORAGE.writeText(
        place.resolve("config.json").toString(), checkpoint.config().toPrettyString());
    ExampleModel.STORAGE.write(
        place.resolve("model.safetensors").toString(),
        channel -> checkpoint.files().get(0).writeTo(channel));
    return Model.open(ExampleModel.STORAGE, place.toString());
  }

  private void assertSaysTheSame(Model model, String architecture) throws IOException {
    GgufExport export =
        GgufExport.of(
            model,
            GgufType.F32,
            TokenizerMetadata.of(
                ExampleModel.STORAGE, ExampleModel.DIRECTORY, model.config().vocabulary()));
    assertThat(export.form().architecture().name()).isEqualTo(architecture);
    Path file = directory.resolve("story.gguf");
    export.write(ExampleModel.STORAGE, file.toString(), (tensor, bytes) -> {});
    String prompt = Files.readAllLines(ExampleModel.EXAMPLES.resolve("prompts.txt")).get(0);
    try (TokenizerFile tokenizer =
            TokenizerFile.open(ExampleModel.STORAGE, ExampleModel.DIRECTORY, true);
        CachedModel cached = CachedModel.load(model)) {
      int[] ids = tokenizer.encode(prompt);
      List<Integer> ours =
          new TokenGenerator(cached, Sampling.GREEDY, TOKENS, Set.of())
              .generate(ids, token -> {})
              .tokens();
      ObjectNode request = Json.PLAIN.createObjectNode().put("tokens", TOKENS);
      Arrays.stream(ids).forEach(request.withArray("prompt")::add);
      assertThat(LlamaCpp.compute(file, request).path("greedy"))
          .extracting(JsonNode::asInt)
          .containsExactlyElementsOf(ours);
      String text = tokenizer.decode(ours.stream().mapToInt(Integer::intValue).toArray());
      assertThat(LlamaCpp.continueInJvm(file, prompt, TOKENS))
          .endsWith(Arrays.toString(Arrays.copyOfRange(ids, 1, ids.length)) + "\n" + text);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.generation.CachedModel;
import io.github.slimbeam.transforms.generation.LayeredModel;
import io.github.slimbeam.transforms.generation.Sampling;
import io.github.slimbeam.transforms.generation.TokenGenerator;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Families;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.model.Traits;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.vocabulary.LetterTokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * llama.cpp computes of our files what we compute of the model: every probability after every
 * token, and the same tokens when it writes on.
 */
@Tag("clients")
class ModelsInLlamaCppTest {
  /** Of probabilities; F32 throughout, sums in another order. */
  private static final double TOLERANCE = 1e-4;

  /** llama.cpp looks GELU up in a table of F16. */
  private static final double TOLERANCE_WITH_GELU = 2e-3;

  private static final int LENGTH = 36;
  private static final int PROMPT = 20;
  private static final int TOKENS = 12;

  /** The architecture that computes a family, by layout; a dash where none does. */
  private static final String COMPUTED =
      """
      family          | uniform  | uniform with biases | perLayer | perLayer with biases
      gemma2          | gemma2   | -                   | -        | -
      gemma3          | gemma3   | -                   | -        | -
      granite         | granite  | granite             | deci     | deci
      granitemoehybrid| granite  | granite             | deci     | deci
      llama           | llama    | llama               | deci     | deci
      ministral3      | llama    | llama               | deci     | deci
      mistral         | llama    | llama               | deci     | deci
      olmo2           | olmo2    | -                   | -        | -
      olmo3           | olmo2    | -                   | -        | -
      phi3            | phi3     | deci                | deci     | deci
      qwen2           | qwen2    | deci                | deci     | deci
      qwen3           | qwen3    | -                   | openelm  | -
      seed_oss        | seed_oss | deci                | deci     | deci
      smollm3         | smollm3  | -                   | -        | -
      """;

  /** Their layers embed positions in ways of their own. */
  private static final Set<String> REFUSED = Set.of("gemma3", "gemma3-wrapped", "smollm3");

  @TempDir private Path directory;

  /**
   * A model to be made.
   *
   * @param layout as {@code --layout} names it
   */
  record Cell(Family family, String layout, boolean grouped, boolean biases) {
    ObjectNode config() {
      SmallModel small = SmallModel.of(family).withTiedHead();
      ObjectNode config = (biases ? small.withBiases() : small).config();
      config.put("attention_output_bias", biases).put("mlp_output_bias", biases);
      if (!grouped) {
        config.put("num_key_value_heads", 4);
      }
      if (layout.equals("perLayer")) {
        LayeredModel.withOwnWidths(config);
        if (!grouped) {
          config.set(ModelConfig.GROUPS_PER_LAYER, config.get(ModelConfig.HEADS_PER_LAYER));
        }
      }
      return config;
    }

    /** Its column in the table. */
    String column() {
      return layout + (biases ? " with biases" : "");
    }

    @Override
    public String toString() {
      return family.name() + " " + column() + (grouped ? ", GQA" : ", MHA");
    }
  }

  static Stream<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    for (Family family : Families.all()) {
      for (String layout : List.of("uniform", "perLayer")) {
        for (boolean grouped : List.of(true, false)) {
          for (boolean biases : List.of(true, false)) {
            cells.add(new Cell(family, layout, grouped, biases));
          }
        }
      }
    }
    return cells.stream();
  }

  @ParameterizedTest
  @MethodSource("cells")
  void everyLayoutOfEveryFamily(Cell cell) throws IOException {
    Model model = LayeredModel.write(directory.resolve("model"), cell.config());
    GgufForm.Verdict verdict = GgufForm.find(model.config());
    assertThat(verdict.form() == null ? "-" : verdict.form().architecture().name())
        .as("%s: %s", cell, verdict.refusal())
        .isEqualTo(computed(cell.family().name(), cell.column()));
    if (verdict.form() == null) {
      assertThat(verdict.refusal().toString()).contains("it has ");
    } else {
      assertSame(model);
    }
  }

  @Test
  void theTableHasEveryFamily() {
    assertThat(rows().skip(1).map(row -> row.get(0)))
        .containsExactlyElementsOf(Families.all().stream().map(Family::name).toList());
  }

  /** Rope scaling, sliding windows and caps, as transformers has them in models of each family. */
  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void everyFixtureOfTransformers(FamilyFixture fixture) throws IOException {
    Model model = fixture.open();
    GgufForm.Verdict verdict = GgufForm.find(model.config());
    assertThat(verdict.form() == null)
        .as("%s: %s", fixture, verdict.refusal())
        .isEqualTo(REFUSED.contains(fixture.name()));
    if (verdict.form() != null) {
      assertSame(model);
    }
  }

  private static String computed(String family, String column) {
    int place = rows().findFirst().orElseThrow().indexOf(column);
    return rows().filter(row -> row.get(0).equals(family)).findFirst().orElseThrow().get(place);
  }

  private static Stream<List<String>> rows() {
    return COMPUTED.lines().map(line -> List.of(line.strip().split(" *\\| *")));
  }

  /** Up to the context that the file says: beyond it, some models compute what llama.cpp cannot. */
  private void assertSame(Model model) throws IOException {
    int vocabulary = model.config().vocabulary();
    Map<String, GgufValue> tokenizer =
        LetterTokenizer.keys(directory.resolve("tokenizer"), vocabulary);
    GgufExport export = GgufExport.of(model, GgufType.F32, tokenizer);
    Path file = directory.resolve("model.gguf");
    export.write(ExampleModel.STORAGE, file.toString(), (tensor, bytes) -> {});
    int context = export.form().context();
    int length = Math.min(LENGTH, context);
    int prompt = Math.min(PROMPT, context / 2);
    int tokens = Math.min(TOKENS, context - prompt);
    List<Integer> ids =
        IntStream.range(0, length).mapToObj(i -> (5 + i * i * 7 + 3 * i) % vocabulary).toList();
    ObjectNode request = Json.PLAIN.createObjectNode().put("tokens", tokens);
    ids.forEach(request.withArray("ids").addArray()::add);
    ids.subList(0, prompt).forEach(request.withArray("prompt")::add);
    JsonNode answer = LlamaCpp.compute(file, request);
    double[][] ours = probabilities(model, ids);
    double tolerance =
        model.config().traits().activation() == Traits.Activation.SILU
            ? TOLERANCE
            : TOLERANCE_WITH_GELU;
    for (int position = 0; position < length; position++) {
      JsonNode theirs = answer.path("probabilities").get(0).get(position);
      assertThat(theirs).hasSize(vocabulary);
      for (int token = 0; token < vocabulary; token++) {
        assertThat(theirs.get(token).asDouble())
            .as("probability of %d after %d tokens", token, position + 1)
            .isCloseTo(ours[position][token], within(tolerance));
      }
    }
    assertThat(answer.path("greedy"))
        .extracting(JsonNode::asInt)
        .containsExactlyElementsOf(greedy(model, ids.subList(0, prompt), tokens));
  }

  private static double[][] probabilities(Model model, List<Integer> ids) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      NDArray logits =
          MaskedModel.logits(scope, model, List.of(new TokenSequence(0, ids)))
              .reshape(ids.size(), model.config().vocabulary());
      float[] flat = logits.softmax(-1).toFloatArray();
      int width = model.config().vocabulary();
      double[][] rows = new double[ids.size()][width];
      for (int i = 0; i < flat.length; i++) {
        rows[i / width][i % width] = flat[i];
      }
      return rows;
    }
  }

  private static List<Integer> greedy(Model model, List<Integer> prompt, int tokens)
      throws IOException {
    try (CachedModel cached = CachedModel.load(model)) {
      return new TokenGenerator(cached, Sampling.GREEDY, tokens, Set.of())
          .generate(prompt.stream().mapToInt(Integer::intValue).toArray(), token -> {})
          .tokens();
    }
  }
}

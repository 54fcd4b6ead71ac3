// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

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
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InspectTest {
  private static final String LLAMA_7B =
      """
      {"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
       "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000,
       "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "tie_word_embeddings": false,
       "torch_dtype": "float16"}
      """;

  @TempDir private Path directory;

  /** SlimGPT's two runs on LLaMA-7B: 5.439 and 3.397 billion parameters, from config.json alone. */
  @ParameterizedTest
  @CsvSource({"0.0625, 0.25, 5439029248", "0.125, 0.65625, 3396907008"})
  void saysWhatThePapersRunsLeaveOfLlama7b(String first, String last, long parameters)
      throws IOException {
    JsonNode inspected =
        inspect(llama7b(), "--rounding=nearest", "--firstRatio=" + first, "--lastRatio=" + last);
    assertThat(inspected.at("/model/weights").asBoolean()).isFalse();
    assertThat(inspected.at("/model/parameters/total").asLong()).isEqualTo(6_738_415_616L);
    assertThat(inspected.at("/after/parameters/total").asLong()).isEqualTo(parameters);
    long sum = 0;
    for (String part : List.of("embedding", "head", "attention", "ffn", "norms")) {
      sum += inspected.at("/after/parameters/" + part).asLong();
    }
    assertThat(sum).isEqualTo(parameters);
    // Two bytes a parameter, and headers.
    assertThat(inspected.at("/after/bytes").asLong())
        .isBetween(2 * parameters, 2 * parameters + 100_000);
    assertThat(inspected.at("/after/files").asInt()).isEqualTo(parameters > 5e9 ? 3 : 2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--method=slimgpt",
        "--method=magnitude --recovery=bias --schedule=linear",
        "--method=wanda --recovery=regression --layout=uniform",
        "--method=magnitude --schedule=linear --layout=ffn --roundChannels=32",
        "--method=magnitude --schedule=linear --roundHeads=2 --padToUniform=true",
        "--method=magnitude --layout=uniform --maxFileBytes=500000"
      })
  void parametersAndBytesAreThoseOfTheRealResult(String options) throws IOException {
    Path output = directory.resolve("pruned");
    String[] words = options.split(" ");
    ExampleJob.pruneDirectly(output, ExampleJob.windows(directory, 2), words);
    JsonNode record = ExampleJob.record(output);
    List<String> more = new ArrayList<>(List.of(words));
    more.add("--pruningRatio=0.3");
    JsonNode inspected =
        inspect(ExampleJob.EXAMPLES.resolve("story-llama"), more.toArray(String[]::new));
    JsonNode after = inspected.get("after");
    assertThat(after.at("/parameters/total").asLong())
        .isEqualTo(record.get("parametersAfter").asLong());
    assertThat(after.get("removedShare").asDouble())
        .isEqualTo(record.get("removedShare").asDouble());
    long bytes = 0;
    for (String name : ExampleJob.names(output)) {
      bytes += name.endsWith(".safetensors") ? Files.size(output.resolve(name)) : 0;
    }
    assertThat(after.get("bytes").asLong()).isEqualTo(bytes);
    assertThat(Files.exists(output.resolve("modeling_slim_llama.py")))
        .isEqualTo(after.get("ownCode").asBoolean());
    for (int layer = 0; layer < 6; layer++) {
      assertThat(inspected.at("/plan/layers/" + layer + "/channels").asInt())
          .isEqualTo(record.at("/sublayers/" + (2 * layer + 1) + "/kept").size());
    }
  }

  @Test
  void aPlanThatFollowsFromTheTextIsSaidToBeUnknown() throws IOException {
    Path model = ExampleJob.EXAMPLES.resolve("story-llama");
    assertThat(inspect(model, "--method=slimllm").at("/plan/known").asBoolean()).isFalse();
    assertThat(printed(model, "--method=slimllm"))
        .contains("schedule similarity follows from the calibration text");
    assertThat(
            inspect(model, "--method=slimllm", "--schedule=linear").at("/plan/known").asBoolean())
        .isTrue();
  }

  @Test
  void keptUnitsSayWhatIsLeft() throws IOException {
    Path model = ExampleJob.EXAMPLES.resolve("story-llama");
    Path file = directory.resolve("units.json");
    Files.writeString(
        file,
        "{\"layers\": ["
            + "{\"groups\": [1, 3], \"channels\": [0, 9, 350]},".repeat(5)
            + "{\"heads\": [0, 1], \"channels\": [7]}]}");
    JsonNode inspected = inspect(model, "--kept=" + file);
    assertThat(inspected.at("/plan/known").asBoolean()).isTrue();
    assertThat(inspected.at("/recipe/kept").asText()).isEqualTo(file.toString());
    assertThat(inspected.get("plan").findValuesAsText("groups"))
        .containsExactly("2", "2", "2", "2", "2", "1");
    assertThat(inspected.get("plan").findValuesAsText("channels"))
        .containsExactly("3", "3", "3", "3", "3", "1");
    assertThat(printed(model, "--kept=" + file))
        .contains("plan     --kept=" + file + " --recovery=compensation\n");
    refuses(model, "--kept=" + file + " --pruningRatio=0.3", "does not go with --kept");
  }

  @Test
  void theTextHasEveryPart() throws IOException {
    assertThat(printed(llama7b(), "--layout=uniform", "--pruningRatio=0.25"))
        .contains("the weights are not there")
        .contains("--schedule=uniform --layout=uniform --pruningRatio=0.25")
        .contains("   31    0.2500         24 of 32          24 of 32          8256 of 11008")
        .contains("total        6,738,415,616    5,119,414,272")
        .contains("MistralForCausalLM: the same widths in every layer, a stock architecture")
        .contains("GGUF K-quants (Q4_K, Q5_K, Q6_K)")
        .contains("0 of 32 layers; layer 0: FFN width 8256, between 8192 and 8448")
        .contains("can be split evenly over devices: [1,2,4,8]");
  }

  @Test
  void whatPruneWouldRefuseIsRefused() throws IOException {
    Path model = llama7b();
    refuses(model, "--pruningRatio=1.5", "--pruningRatio=1.5: expected 0 ≤ ratio < 1");
    refuses(model, "--method=magic", "--method=magic: no such method");
    refuses(model, "--layout=round", "--layout=round: expected one of [perLayer, ffn, uniform]");
    refuses(model, "--shards=0", "--shards=0: expected a positive number");
    refuses(directory.resolve("nowhere"), "--pruningRatio=0.2", "nowhere: no config.json there");
    refuses(
        model,
        "--layout=uniform --schedule=linear",
        "--layout=uniform does not go with --schedule=linear, whose layers differ");
    refuses(
        model,
        "--layout=uniform --rounding=carried",
        "--layout=uniform does not go with --rounding=carried");
    Files.writeString(model.resolve("config.json"), LLAMA_7B.replace("float16", "float8"));
    refuses(model, "--pruningRatio=0.2", "dtype float8, expected bfloat16, float16 or float32");
    Files.writeString(model.resolve("pytorch_model.bin"), "");
    refuses(model, "--pruningRatio=0.2", "the weights are pickles");
  }

  private static void refuses(Path model, String options, String message) {
    assertThatThrownBy(() -> inspect(model, options.split(" ")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  private Path llama7b() throws IOException {
    Path model = Files.createDirectories(directory.resolve("llama-7b"));
    Files.writeString(model.resolve("config.json"), LLAMA_7B);
    return model;
  }

  private static JsonNode inspect(Path model, String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of(options));
    words.add("--json=true");
    return new ObjectMapper().readTree(printed(model, words.toArray(String[]::new)));
  }

  private static String printed(Path model, String... options) throws IOException {
    List<String> words = new ArrayList<>(List.of(options));
    words.add("--model=" + model);
    if (words.stream().noneMatch(word -> word.matches("--(method|kept)=.*"))) {
      words.add("--method=slimgpt");
    }
    return String.join("\n", ExampleJob.printed(() -> Inspect.main(words.toArray(String[]::new))));
  }
}

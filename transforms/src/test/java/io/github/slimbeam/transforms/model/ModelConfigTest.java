// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code config.json} understood: sizes, counts, rotary variants, and every refusal. */
public class ModelConfigTest {

  @Test
  void theExampleModelIsUnderstood() throws IOException {
    ModelConfig config = ExampleModel.open().config();
    assertThat(config.hidden()).isEqualTo(128);
    assertThat(config.headSize()).isEqualTo(16);
    assertThat(config.vocabulary()).isEqualTo(1024);
    assertThat(config.context()).isEqualTo(256);
    assertThat(config.tied()).isTrue();
    assertThat(config.layers()).isEqualTo(Collections.nCopies(6, new LayerShape(8, 4, 352)));
    assertThat(config.parameters(config.layers()))
        .as("the elements of its tensors")
        .isEqualTo(
            ExampleModel.open().checkpoint().tensors().values().stream()
                .mapToLong(t -> t.elements())
                .sum());
  }

  @Test
  void llama7bHasItsPublishedNumberOfParameters() throws IOException {
    ModelConfig config = llama7b();
    assertThat(config.parameters(config.layers())).isEqualTo(6_738_415_616L);
    assertThat(config.headSize()).isEqualTo(128);
    assertThat(config.layers().get(31)).isEqualTo(new LayerShape(32, 32, 11008));
  }

  @Test
  void biasesCount() {
    ObjectNode json = SmallModel.llama().withBiases().config();
    ModelConfig config = ConfigReader.read(json, "c");
    LayerShape shape = config.layers().get(0);
    assertThat(config.linearParameters(SublayerKind.ATTENTION, shape))
        .isEqualTo(16 * (16 + 8 + 8 + 16) + 16 + 8 + 8 + 16);
    assertThat(config.linearParameters(SublayerKind.FFN, shape))
        .isEqualTo(3 * 16 * 24 + 24 + 24 + 16);
    assertThat(ConfigReader.read(json.put("mlp_bias", false).put("mlp_output_bias", true), "c"))
        .extracting(c -> c.linearParameters(SublayerKind.FFN, shape))
        .isEqualTo(3L * 16 * 24 + 16);
  }

  @Test
  void aPrunedModelHasItsWidthsInLists() {
    ObjectNode json = SmallModel.llama().config();
    json.putArray(ModelConfig.HEADS_PER_LAYER).add(4).add(2).add(2);
    json.putArray(ModelConfig.GROUPS_PER_LAYER).add(2).add(1).add(1);
    json.putArray(ModelConfig.CHANNELS_PER_LAYER).add(24).add(20).add(7);
    assertThat(ConfigReader.read(json, "c").layers())
        .containsExactly(
            new LayerShape(4, 2, 24), new LayerShape(2, 1, 20), new LayerShape(2, 1, 7));
  }

  @Test
  void aListHasAPositiveNumberForEachLayer() {
    for (List<Integer> wrong : List.of(List.of(24, 24), List.of(24, 0, 24), List.<Integer>of())) {
      ObjectNode json = SmallModel.llama().config();
      wrong.forEach(json.putArray(ModelConfig.CHANNELS_PER_LAYER)::add);
      refuses(
          json,
          "c: expected 3 positive whole numbers for intermediate_size_per_layer, found "
              + wrong.toString().replace(" ", ""));
    }
  }

  @Test
  void headsShareKeyValueHeadsEvenly() {
    ObjectNode json = SmallModel.llama().config();
    json.putArray(ModelConfig.HEADS_PER_LAYER).add(4).add(3).add(4);
    refuses(json, "c: layer 1: 3 attention heads cannot share 2 key-value heads");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "hidden_size",
        "num_hidden_layers",
        "num_attention_heads",
        "intermediate_size",
        "vocab_size"
      })
  void aSizeIsAPositiveWholeNumber(String field) {
    String message = "c: expected a positive whole number for " + field + ", found ";
    ObjectNode json = SmallModel.llama().config();
    refuses(json.put(field, 0), message + "0");
    refuses(json.put(field, 1.5), message + "1.5");
    refuses(json.put(field, "16"), message + "\"16\"");
    refuses(json.putNull(field), message + "null");
    refuses(json.put(field, 1L << 40), message + (1L << 40));
    json.remove(field);
    refuses(json, message + "nothing");
  }

  /** LLaMA-1's own files say {@code max_sequence_length}, or nothing. */
  @Test
  void theContextHasOtherNames() {
    ObjectNode json = SmallModel.llama().config();
    json.remove("max_position_embeddings");
    assertThat(ConfigReader.read(json, "c").context()).isEqualTo(2048);
    assertThat(ConfigReader.read(json.put("max_sequence_length", 512), "c").context())
        .isEqualTo(512);
    refuses(
        json.put("max_sequence_length", 0),
        "c: expected a positive whole number for max_sequence_length, found 0");
  }

  @Test
  void whatIsLeftOutHasTheDefaultsOfTransformers() {
    ObjectNode json = SmallModel.llama().config();
    json.remove(
        List.of("num_key_value_heads", "head_dim", "rms_norm_eps", "rope_theta", "hidden_act"));
    ModelConfig config = ConfigReader.read(json, "c");
    assertThat(config.layers().get(0).groups()).isEqualTo(4);
    assertThat(config.headSize()).isEqualTo(4);
    assertThat(config.traits().epsilon()).isEqualTo(1e-6);
    assertThat(config.layerTraits().get(0).rope())
        .isEqualTo(new Rope(10000, 4, List.of(), List.of(), 1, 64, 0));
  }

  @Test
  void anotherActivationIsRefused() {
    refuses(
        SmallModel.llama().config().put("hidden_act", "relu"),
        "c: hidden_act relu, expected silu, gelu, gelu_pytorch_tanh or gelu_new");
  }

  @Test
  void unknownFieldsAreKept() {
    ObjectNode json = SmallModel.llama().config().put("some_future_field", "kept");
    assertThat(ConfigReader.read(json, "c").json()).isEqualTo(json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'rope_theta': 5e5}|5e5||1",
        "{'rope_theta': 5e5, 'rope_scaling': null}|5e5||1",
        "{'rope_scaling': {'type': 'linear', 'factor': 2}}|1e4|0.5,0.5|1",
        "{'rope_scaling': {'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 1, 'high_freq_factor': 4,"
            + " 'original_max_position_embeddings': 64}}|1e4|1.0,0.125|1",
        "{'rope_scaling': {'rope_type': 'yarn', 'factor': 4, 'attention_factor': 2}}|1e4|1.0,0.25|2",
        "{'rope_scaling': {'rope_type': 'dynamic', 'factor': 4}}|1e4||1",
        "{'rope_parameters': {'rope_type': 'default', 'rope_theta': 5e5}}|5e5||1",
        "{'rope_theta': 1, 'rope_parameters': {'rope_type': 'linear', 'rope_theta': 7, 'factor': 4}}|7|0.25,0.25|1"
      },
      quoteCharacter = '"')
  void rotaryVariantsAreRead(String changes, double theta, String factors, double attention)
      throws IOException {
    ObjectNode json = SmallModel.llama().config();
    json.remove("rope_theta");
    json.setAll((ObjectNode) new ObjectMapper().readTree(changes.replace('\'', '"')));
    List<Double> expected =
        factors == null
            ? List.of()
            : Arrays.stream(factors.split(",")).map(Double::valueOf).toList();
    assertThat(ConfigReader.read(json, "c").layerTraits().get(0))
        .isEqualTo(new LayerTraits(0, new Rope(theta, 4, expected, List.of(), attention, 64, 0)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'rope_type': 'ntk', 'factor': 2}|rope type ntk, expected one of [default, linear, dynamic, yarn, llama3]",
        "{'rope_type': 'linear', 'factor': 2, 'beta': 1}|rope: beta is a field that we do not know",
        "{'type': 'linear'}|rope: expected a positive factor",
        "{'type': 'linear', 'factor': -1}|rope: expected a positive factor",
        "{'rope_type': 'llama3', 'factor': 8}|rope: expected a positive low_freq_factor",
        "{'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 1}|rope: expected a positive high_freq_factor",
        "{'rope_type': 'llama3', 'factor': 8, 'low_freq_factor': 1, 'high_freq_factor': 4,"
            + " 'original_max_position_embeddings': 0}|rope: expected a positive original_max_position_embeddings"
      },
      quoteCharacter = '"')
  void anotherRotaryVariantIsRefused(String scaling, String message) throws IOException {
    ObjectNode json = SmallModel.llama().config();
    json.set("rope_scaling", new ObjectMapper().readTree(scaling.replace('\'', '"')));
    refuses(json, "c: " + message);
  }

  private static void refuses(ObjectNode json, String message) {
    assertThatThrownBy(() -> ConfigReader.read(json, "c"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(message);
  }

  /** LLaMA-7B's configuration, without its weights. */
  public static ModelConfig llama7b() throws IOException {
    String json =
        """
        {"architectures": ["LlamaForCausalLM"], "hidden_size": 4096, "num_hidden_layers": 32,
         "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000,
         "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "tie_word_embeddings": false}
        """;
    return ConfigReader.read((ObjectNode) new ObjectMapper().readTree(json), "llama-7b");
  }
}

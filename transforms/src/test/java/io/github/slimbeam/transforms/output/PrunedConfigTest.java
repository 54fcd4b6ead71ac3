// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ConfigReader;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Hidden 16, 4 heads of 4 on 2 groups, 24 channels, 3 layers; pruned to widths of all kinds. */
class PrunedConfigTest {
  private static final ObjectNode DENSE = SmallModel.llama().config();

  @Test
  void equalWidthsWhoseHeadsDivideTheHiddenSizeAreAStockLlama() {
    ObjectNode config = config(DENSE, same(2, 1, 20), Set.of());
    assertThat(config.at("/architectures/0").asText()).isEqualTo("LlamaForCausalLM");
    assertThat(config.get("model_type").asText()).isEqualTo("llama");
    assertThat(config.get("num_attention_heads").asInt()).isEqualTo(2);
    assertThat(config.get("num_key_value_heads").asInt()).isEqualTo(1);
    assertThat(config.get("intermediate_size").asInt()).isEqualTo(20);
    assertThat(config.get("head_dim").asInt()).isEqualTo(4);
    assertThat(config.has("auto_map")).isFalse();
    assertThat(config.has(ModelConfig.HEADS_PER_LAYER)).isFalse();
    assertThat(read(config).layers()).isEqualTo(same(2, 1, 20));
  }

  @Test
  void headsThatDoNotDivideTheHiddenSizeMakeAMistralWithoutAWindow() {
    ObjectNode config = config(DENSE, same(3, 3, 20), Set.of());
    assertThat(config.at("/architectures/0").asText()).isEqualTo("MistralForCausalLM");
    assertThat(config.get("model_type").asText()).isEqualTo("mistral");
    assertThat(config.get("sliding_window").isNull()).isTrue();
    assertThat(read(config).layers()).isEqualTo(same(3, 3, 20));
    assertThat(read(config).headSize()).isEqualTo(4);
  }

  @Test
  void whatNoStockArchitectureHoldsBringsItsCode() {
    isOwn(config(DENSE, List.of(shape(2, 1, 20), shape(2, 1, 19), shape(2, 1, 20)), Set.of()));
    isOwn(config(DENSE, List.of(shape(2, 1, 20), shape(4, 2, 20), shape(2, 1, 20)), Set.of()));
    isOwn(config(DENSE, same(2, 1, 20), Set.of(SublayerKind.FFN)));
    ObjectNode biased = SmallModel.llama().withBiases().config();
    isOwn(config(biased, same(3, 3, 20), Set.of()));
  }

  @Test
  void biasesOfAllLinearsAreALlamas() {
    ObjectNode biased = SmallModel.llama().withBiases().config();
    ObjectNode config =
        config(biased, same(2, 1, 20), Set.of(SublayerKind.ATTENTION, SublayerKind.FFN));
    assertThat(config.at("/architectures/0").asText()).isEqualTo("LlamaForCausalLM");
    assertThat(config.has("attention_output_bias")).isFalse();
    assertThat(config.get("attention_bias").asBoolean()).isTrue();
  }

  @Test
  void widthsThatBecameEqualAgainNeedNoCodeAnyMore() {
    ObjectNode own =
        config(DENSE, List.of(shape(4, 2, 20), shape(2, 1, 20), shape(2, 1, 20)), Set.of());
    ObjectNode again = PrunedConfig.of(read(own), same(2, 1, 20), Set.of());
    assertThat(again.at("/architectures/0").asText()).isEqualTo("LlamaForCausalLM");
    assertThat(again.has("auto_map") || again.has(ModelConfig.CHANNELS_PER_LAYER)).isFalse();
    assertThat(read(again).layers()).isEqualTo(same(2, 1, 20));
  }

  /** Phi3Config counts them by hidden / heads: 32 / 1 where heads have 16. */
  @Test
  void factorsOfPairsThatAClassWouldRefuseBringItsCode() throws IOException {
    ModelConfig dense = new FamilyFixture("phi3-longrope").open().config();
    assertThat(PrunedConfig.of(dense, same(2, 2, 40), Set.of()).has("auto_map")).isFalse();
    assertThat(PrunedConfig.of(dense, same(1, 1, 40), Set.of()).has("auto_map")).isTrue();
  }

  @Test
  void aMistralsWindowIsComputed() {
    ObjectNode config = config(DENSE, same(3, 3, 20), Set.of());
    assertThat(read(config).layerTraits().get(2).window()).isZero();
    assertThat(read(config.put("sliding_window", 8)).layerTraits().get(2).window()).isEqualTo(8);
    config.remove("sliding_window");
    assertThat(read(config).layerTraits().get(2).window()).isEqualTo(4096);
  }

  private static void isOwn(ObjectNode config) {
    assertThat(config.at("/architectures/0").asText()).isEqualTo("SlimLlamaForCausalLM");
    assertThat(config.has("auto_map")).isTrue();
    assertThat(config.get(ModelConfig.HEADS_PER_LAYER)).hasSize(3);
  }

  private static ObjectNode config(
      ObjectNode dense, List<LayerShape> shapes, Set<SublayerKind> biased) {
    return PrunedConfig.of(read(dense), shapes, biased);
  }

  private static ModelConfig read(ObjectNode json) {
    return ConfigReader.read(json, "c");
  }

  private static List<LayerShape> same(int heads, int groups, int channels) {
    return Collections.nCopies(3, shape(heads, groups, channels));
  }

  private static LayerShape shape(int heads, int groups, int channels) {
    return new LayerShape(heads, groups, channels);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family file is served, complete and consistent. */
class FamilyTest {

  @Test
  void everyFamilyFileIsListed() throws Exception {
    Path folder = Path.of(Family.class.getResource("families/families.json").toURI()).getParent();
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()).filter(f -> f.endsWith(".json")))
          .containsExactlyInAnyOrderElementsOf(
              Stream.concat(
                      Stream.of("families.json"),
                      Family.all().stream().map(f -> f.name() + ".json"))
                  .toList());
    }
  }

  @Test
  void anArchitectureBelongsToOneFamilyAtMost() {
    assertThat(Family.all().stream().flatMap(f -> f.architectures().stream()))
        .doesNotHaveDuplicates();
  }

  @Test
  void anUnknownArchitectureIsToldWhatWeHave() {
    assertThatThrownBy(() -> Family.of(List.of("MixtralForCausalLM"), "here/config.json"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "here/config.json: architecture [MixtralForCausalLM] is of no family we have; we have %s",
            Family.all().stream().flatMap(f -> f.architectures().stream()).toList())
        .hasMessageContaining("LlamaForCausalLM");
  }

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Family#all")
  void theModellingFileDefinesThePrunedArchitecture(Family family) {
    assertThat(family.architectures()).contains(family.pruned().architecture());
    String code = new String(family.code(), UTF_8);
    String module = family.pruned().code().replace(".py", "");
    assertThat(code)
        .contains("class " + family.pruned().architecture() + "(")
        .contains("model_type = \"" + family.pruned().modelType() + "\"")
        .contains(ModelConfig.HEADS_PER_LAYER)
        .contains(ModelConfig.GROUPS_PER_LAYER)
        .contains(ModelConfig.CHANNELS_PER_LAYER);
    assertThat(family.pruned().autoMap()).containsKeys("AutoConfig", "AutoModelForCausalLM");
    for (String name : family.pruned().autoMap().values()) {
      assertThat(name).startsWith(module + ".");
      assertThat(code).contains("class " + name.substring(module.length() + 1) + "(");
    }
  }

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Family#all")
  void everySublayerHasAClosingLinearBackToTheHiddenSize(Family family) {
    for (SublayerKind kind : SublayerKind.values()) {
      Family.Linear closing = family.sublayer(kind).closing();
      assertThat(closing.rows()).isEqualTo(Family.Dimension.hidden);
      assertThat(closing.columns())
          .isEqualTo(
              kind == SublayerKind.FFN ? Family.Dimension.channels : Family.Dimension.queries);
    }
  }

  @Test
  void aLayersTensorsCarryItsNumber() {
    assertThat(Family.of(List.of("LlamaForCausalLM"), "").tensor(12, "mlp.up_proj.weight"))
        .isEqualTo("model.layers.12.mlp.up_proj.weight");
  }
}

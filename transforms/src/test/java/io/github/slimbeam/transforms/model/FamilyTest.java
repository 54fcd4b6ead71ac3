// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family file is served, complete and consistent. */
class FamilyTest {

  @Test
  void everyFileIsAFamilyOfItsName() throws Exception {
    Path folder = Path.of(Families.class.getResource("families").toURI());
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(
              Families.all().stream().map(f -> f.name() + ".json").toList())
          .isNotEmpty();
    }
  }

  @Test
  void anArchitectureBelongsToOneFamilyAtMost() {
    assertThat(Families.all().stream().flatMap(f -> f.architectures().stream()))
        .doesNotHaveDuplicates();
  }

  @Test
  void anUnknownArchitectureIsToldWhatWeHave() {
    assertThatThrownBy(() -> Families.of(architecture("MixtralForCausalLM"), "here/config.json"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "here/config.json: architecture [MixtralForCausalLM] is of no family we have; we have %s",
            Families.all().stream().flatMap(f -> f.architectures().stream()).toList())
        .hasMessageContaining("LlamaForCausalLM");
  }

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Families#all")
  void everySublayerHasAClosingLinearBackToTheHiddenSize(Family family) {
    for (SublayerKind kind : SublayerKind.values()) {
      Family.Weight closing = family.sublayer(kind).closing();
      assertThat(closing.rows()).containsExactly(entry(Family.CLOSING, Family.Dimension.hidden));
      assertThat(closing.columns())
          .isEqualTo(
              kind == SublayerKind.FFN ? Family.Dimension.channels : Family.Dimension.queries);
    }
  }

  @Test
  void aLayersTensorsCarryItsNumber() {
    assertThat(Families.of(architecture("LlamaForCausalLM"), "").tensor(12, "mlp.up_proj.weight"))
        .isEqualTo("model.layers.12.mlp.up_proj.weight");
  }

  private static ObjectNode architecture(String name) {
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.putArray("architectures").add(name);
    return config;
  }

  /** A family is data: nothing decides by the name of one. */
  @Test
  void noCodeKnowsAFamilysName() throws IOException {
    Set<String> names =
        Families.all().stream()
            .flatMap(
                f ->
                    Stream.of(
                            Stream.of(f.name()),
                            f.modelTypes().stream(),
                            f.architectures().stream())
                        .flatMap(s -> s))
            .collect(Collectors.toSet());
    Pattern literal = Pattern.compile("\"([^\"\\n]*)\"");
    try (Stream<Path> sources = Files.walk(Path.of("src/main"))) {
      for (Path source :
          sources.filter(p -> p.toString().matches(".*\\.(java|torchscript)")).toList()) {
        assertThat(literal.matcher(Files.readString(source)).results().map(m -> m.group(1)))
            .as(source.toString())
            .doesNotContainAnyElementsOf(names);
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpecialTokensTest {
  @TempDir private Path directory;

  @Test
  void readsOneEndOrSeveral() throws IOException {
    assertThat(SpecialTokens.of(ExampleModel.open().checkpoint()))
        .isEqualTo(new SpecialTokens(OptionalInt.of(1), Set.of(2)));
    generation("{\"eos_token_id\": [7, 9, 7]}");
    assertThat(of(SmallModel.llama().config()))
        .isEqualTo(new SpecialTokens(OptionalInt.of(1), Set.of(7, 9)));
  }

  @Test
  void looksInTheConfigurationWhereTheOtherFileSaysNothing() throws IOException {
    ObjectNode config = SmallModel.llama().config().put("eos_token_id", 4);
    assertThat(of(config).ends()).containsExactly(4);
    generation("{\"bos_token_id\": 5, \"eos_token_id\": null}");
    assertThat(of(config)).isEqualTo(new SpecialTokens(OptionalInt.of(5), Set.of(4)));
  }

  @Test
  void aModelNeedNotHaveAny() throws IOException {
    ObjectNode config = SmallModel.llama().config();
    config.remove("bos_token_id");
    assertThat(of(config)).isEqualTo(new SpecialTokens(OptionalInt.empty(), Set.of()));
  }

  @Test
  void withoutABeginningTheFirstEndIsOne() throws IOException {
    ObjectNode config = SmallModel.llama().config();
    config.putArray("eos_token_id").add(9).add(2).add(7);
    assertThat(of(config).first()).hasValue(1);
    config.remove("bos_token_id");
    assertThat(of(config).first()).hasValue(9);
    config.remove("eos_token_id");
    assertThat(of(config).first()).isEmpty();
  }

  @Test
  void namesTheFileAndTheEntryThatIsNoToken() throws IOException {
    assertThatThrownBy(() -> of(SmallModel.llama().config().put("eos_token_id", "</s>")))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            directory.resolve("config.json")
                + ": expected a token id or a list of them for eos_token_id, found \"</s>\"");
    generation("{");
    assertThatThrownBy(() -> of(SmallModel.llama().config()))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(directory.resolve("generation_config.json") + ": not valid JSON: ");
  }

  private void generation(String json) throws IOException {
    Files.writeString(directory.resolve("generation_config.json"), json);
  }

  private SpecialTokens of(ObjectNode config) throws IOException {
    SmallModel.write(directory, config, SmallModel.llama().tensors());
    return SpecialTokens.of(Checkpoint.open(ExampleModel.STORAGE, directory.toString()));
  }
}

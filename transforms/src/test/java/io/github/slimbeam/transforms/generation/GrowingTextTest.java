// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.model.ExampleModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class GrowingTextTest {

  /** A byte-level tokenizer makes four tokens of the face: nothing is shown before the last. */
  @Test
  void holdsBackWhatIsNoWholeCharacterYet() {
    try (TokenizerFile tokenizer =
        TokenizerFile.open(ExampleModel.STORAGE, ExampleModel.DIRECTORY, true)) {
      int[] prompt = tokenizer.encode("Once");
      int[] whole = tokenizer.encode("Once a \uD83D\uDE00é!");
      GrowingText text = new GrowingText(tokenizer::decode, prompt);
      List<String> shown = new ArrayList<>();
      for (int token : Arrays.copyOfRange(whole, prompt.length, whole.length)) {
        shown.add(text.add(token));
      }
      assertThat(String.join("", shown)).isEqualTo(" a \uD83D\uDE00é!").doesNotContain("\uFFFD");
      assertThat(shown).contains("", "\uD83D\uDE00", "é");
      assertThat(text.finish()).isEmpty();
      assertThat(text.continuation()).isEqualTo(" a \uD83D\uDE00é!");
    }
  }

  @Test
  void showsAtTheEndWhatNeverBecameWhole() {
    try (TokenizerFile tokenizer =
        TokenizerFile.open(ExampleModel.STORAGE, ExampleModel.DIRECTORY)) {
      int[] face = tokenizer.encode("\uD83D\uDE00");
      GrowingText text = new GrowingText(tokenizer::decode, tokenizer.encode("Hi"));
      assertThat(text.add(face[0])).isEmpty();
      assertThat(text.add(face[1])).isEmpty();
      assertThat(text.continuation()).isNotEmpty().matches("\uFFFD+");
      assertThat(text.finish()).isEqualTo(text.continuation());
      assertThat(text.finish()).isEmpty();
    }
  }

  /** A decoder that writes a space before "'" only until something follows. */
  @Test
  void waitsWhereTheTextIsWrittenOtherwise() {
    GrowingText text =
        new GrowingText(
            ids ->
                Arrays.stream(ids)
                    .mapToObj(id -> List.of("do", " n", "'t", " go").get(id))
                    .collect(Collectors.joining())
                    .replace(" n't", "n't"),
            0);
    assertThat(text.add(1)).isEqualTo(" n");
    assertThat(text.add(2)).isEmpty();
    assertThat(text.add(3)).isEmpty();
    assertThat(text.continuation()).isEqualTo("n't go");
    assertThat(text.finish()).isEqualTo("n't go");
  }
}

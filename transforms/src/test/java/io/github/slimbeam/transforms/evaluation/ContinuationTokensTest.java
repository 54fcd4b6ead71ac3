// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.evaluation.ContinuationTokens.Encoded;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** With the example model's tokenizer, whose text begins with {@code <s>}, token 1. */
class ContinuationTokensTest {
  private static final String MODEL = "../pipelines/examples/story-llama";
  private static final TokenLimits LIMITS = new TokenLimits(256, 1024);
  private static final OptionalInt FIRST = OptionalInt.of(1);

  @Test
  void cutsWhereTheContextEnds() {
    Encoded plain = encode(false, LIMITS, FIRST, "There once lived", " a small boy.");
    assertThat(plain.tokens()).isEqualTo(ids("There once lived a small boy."));
    assertThat(plain.tokens().subList(0, plain.tokens().size() - plain.scored()))
        .isEqualTo(ids("There once lived"));
    assertThat(plain.cut()).isFalse();
    Encoded special = encode(true, LIMITS, FIRST, "There once lived", " a small boy.");
    assertThat(special.tokens()).isEqualTo(after(1, plain.tokens()));
    assertThat(special.scored()).isEqualTo(plain.scored());
  }

  @Test
  void movesSpacesToTheContinuation() {
    assertThat(encode(true, LIMITS, FIRST, "There once \n", "lived"))
        .isEqualTo(encode(true, LIMITS, FIRST, "There once", " \nlived"));
  }

  /** "wash" and "ed" are one text: the cut counts the context's tokens, not its characters. */
  @Test
  void tokenisesBothTogether() {
    Encoded joined = encode(false, LIMITS, FIRST, "The wa", "ter was cold");
    assertThat(joined.tokens()).isEqualTo(ids("The water was cold"));
    assertThat(joined.scored()).isEqualTo(ids("The water was cold").size() - ids("The wa").size());
  }

  @Test
  void anEmptyContextIsTheBeginningOfAText() {
    for (boolean special : List.of(true, false)) {
      Encoded encoded = encode(special, LIMITS, FIRST, "", " Oscar");
      assertThat(encoded.tokens()).isEqualTo(after(1, ids(" Oscar")));
      assertThat(encoded.scored()).isEqualTo(ids(" Oscar").size());
      assertThat(encode(special, LIMITS, FIRST, " ", "Oscar")).isEqualTo(encoded);
    }
    // Where the text brings its own beginning, there is no second one.
    assertThat(encode(true, LIMITS, FIRST, "", "<s>Oscar").tokens())
        .isEqualTo(after(1, ids("Oscar")));
    assertThat(encode(true, LIMITS, OptionalInt.of(2), "", " Oscar").tokens()).startsWith(2);
  }

  /** As lm-evaluation-harness does: the tokenizer's own beginning would be the second. */
  @Test
  void aContextThatBringsItsBeginningGetsNoOther() {
    List<Integer> all = after(1, ids("There once lived a small boy."));
    for (boolean special : List.of(true, false)) {
      Encoded encoded = encode(special, LIMITS, FIRST, "<s>There once lived", " a small boy.");
      assertThat(encoded.tokens()).isEqualTo(all);
      assertThat(encoded.scored())
          .isEqualTo(ids("There once lived a small boy.").size() - ids("There once lived").size());
    }
    assertThat(encode(true, LIMITS, OptionalInt.of(2), "<s>There", " once").tokens())
        .as("where the model's first token is another, the tokenizer's stands")
        .startsWith(1, 1);
  }

  @Test
  void losesTokensOnTheLeft() {
    List<Integer> all = after(1, ids("There once lived a small boy."));
    int length = all.size();
    TokenLimits exact = new TokenLimits(length - 1, 1024);
    Encoded whole = encode(true, exact, FIRST, "There once lived", " a small boy.");
    assertThat(whole.tokens()).isEqualTo(all);
    assertThat(whole.cut()).isFalse();
    TokenLimits shorter = new TokenLimits(length - 3, 1024);
    Encoded cut = encode(true, shorter, FIRST, "There once lived", " a small boy.");
    assertThat(cut.tokens()).isEqualTo(all.subList(2, length));
    assertThat(cut.scored()).isEqualTo(whole.scored());
    assertThat(cut.cut()).isTrue();
  }

  @Test
  void saysWhatCannotBeScored() {
    assertThatThrownBy(() -> encode(true, LIMITS, FIRST, "There", ""))
        .isInstanceOf(BadInputException.class)
        .hasMessage("f:1: the choice \"\" has no token of its own behind its context");
    assertThatThrownBy(() -> encode(true, new TokenLimits(2, 1024), FIRST, "A", " small boy was."))
        .hasMessageMatching("f:1: a choice of \\d tokens, but the model's context has 2");
    assertThatThrownBy(() -> encode(true, new TokenLimits(9, 50), FIRST, "There", " once"))
        .hasMessageContaining("f:1: the tokenizer gives token id");
    assertThatThrownBy(() -> encode(true, LIMITS, OptionalInt.empty(), "", " Oscar"))
        .hasMessageContaining("f:1: the context is empty")
        .hasMessageContaining("neither bos_token_id nor eos_token_id");
  }

  private static Encoded encode(
      boolean special, TokenLimits limits, OptionalInt first, String context, String text) {
    try (ContinuationTokens tokens =
        ContinuationTokens.open(new FileSystemsStorage(), MODEL, special, limits, first)) {
      return tokens.encode(new ChoiceText(context, text, text.length()), "f:1");
    }
  }

  private static List<Integer> ids(String text) {
    try (TokenizerFile tokenizer = TokenizerFile.open(new FileSystemsStorage(), MODEL)) {
      return Arrays.stream(tokenizer.encode(text)).boxed().toList();
    }
  }

  private static List<Integer> after(int first, List<Integer> rest) {
    return Stream.concat(Stream.of(first), rest.stream()).toList();
  }
}

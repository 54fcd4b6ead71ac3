// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LongTextTest {
  private static final int LIMIT = LongText.LIMIT;

  @Test
  void leavesWhatIsNotLongAsItIs() {
    assertThat(pieces("")).containsExactly("");
    String text = "a b\n".repeat(LIMIT / 4);
    assertThat(pieces(text)).containsExactly(text);
  }

  @Test
  void cutsAtTheLastNewlineElseBeforeTheLastBlankElseAtTheLimit() {
    String x = "x".repeat(LIMIT - 10);
    assertThat(pieces(x + "\n" + " y".repeat(10))).containsExactly(x + "\n", " y".repeat(10));
    assertThat(pieces(x + " abc " + "y".repeat(10)))
        .containsExactly(x + " abc", " " + "y".repeat(10));
    assertThat(pieces(x + "y".repeat(20))).containsExactly(x + "y".repeat(10), "y".repeat(10));
    // What lies in the first half would make pieces too many.
    assertThat(pieces("a\n" + x + "y".repeat(20)).get(0)).hasSize(LIMIT);
  }

  @Test
  void neverCutsACharacterInTwo() {
    String text = "x" + "\uD83D\uDE00".repeat(LIMIT);
    List<String> pieces = pieces(text);
    assertThat(String.join("", pieces)).isEqualTo(text);
    assertThat(pieces).allMatch(p -> !Character.isHighSurrogate(p.charAt(p.length() - 1)));
  }

  @Test
  void cutsTheSameFromWhatHasOnlyBegunToGrow() {
    String text = "one two\nthree ".repeat(LIMIT / 4);
    List<String> cut = new ArrayList<>();
    StringBuilder grown = new StringBuilder();
    for (int i = 0; i < text.length(); i += 50_000) {
      grown.append(text, i, Math.min(text.length(), i + 50_000));
      LongText.cutWhole(grown, cut::add);
    }
    cut.add(grown.toString());
    assertThat(cut).isEqualTo(pieces(text)).hasSizeGreaterThan(3);
  }

  private static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    LongText.pieces(text, pieces::add);
    return pieces;
  }
}

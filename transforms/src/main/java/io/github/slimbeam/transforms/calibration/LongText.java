// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import java.util.function.Consumer;

/**
 * Texts of which a tokenizer is given a piece at a time: its cost grows faster than a text's
 * length, and so does its memory.
 *
 * <p>A text of up to {@value #LIMIT} characters is one piece. Of a longer one, pieces are cut off
 * its beginning while it is longer, each after its last newline in the second half of the limit,
 * else before the last white space there, else at the limit; never within a surrogate pair. The
 * pieces one behind the other are the text.
 */
public final class LongText {
  static final int LIMIT = 1 << 20;

  private LongText() {}

  /** Hands on the pieces of a text, in order. */
  public static void pieces(String text, Consumer<String> pieces) {
    int begin = 0;
    while (text.length() - begin > LIMIT) {
      int end = begin + length(text, begin);
      pieces.accept(text.substring(begin, end));
      begin = end;
    }
    pieces.accept(begin == 0 ? text : text.substring(begin));
  }

  /** Cuts off pieces that are whole, whatever else comes behind the text. */
  static void cutWhole(StringBuilder text, Consumer<String> pieces) {
    while (text.length() > LIMIT) {
      int end = length(text, 0);
      pieces.accept(text.substring(0, end));
      text.delete(0, end);
    }
  }

  /** The length of the first piece from here on, where there is more than the limit. */
  private static int length(CharSequence text, int begin) {
    int space = 0;
    for (int length = LIMIT; length > LIMIT / 2; length--) {
      if (text.charAt(begin + length - 1) == '\n') {
        return length;
      }
      if (space == 0 && Character.isWhitespace(text.charAt(begin + length))) {
        space = length;
      }
    }
    if (space > 0) {
      return space;
    }
    return Character.isHighSurrogate(text.charAt(begin + LIMIT - 1)) ? LIMIT - 1 : LIMIT;
  }
}

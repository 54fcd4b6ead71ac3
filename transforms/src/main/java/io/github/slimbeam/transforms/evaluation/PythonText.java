// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import java.util.Locale;

/**
 * Text as Python sees it: what scores are compared with is defined by its functions, and they
 * differ from Java's in what is a space and what is a character.
 */
final class PythonText {
  private static final int NEXT_LINE = 0x85;

  private PythonText() {}

  /** {@code len(text)}: code points. */
  static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  /** {@code text.strip()}. */
  static String strip(String text) {
    String left = text.substring(0, text.length() - trailingSpaces(text));
    int begin = 0;
    while (begin < left.length() && isSpace(left.charAt(begin))) {
      begin++;
    }
    return left.substring(begin);
  }

  /** {@code len(text) - len(text.rstrip())}; no space lies beyond the basic plane. */
  static int trailingSpaces(String text) {
    int count = 0;
    while (count < text.length() && isSpace(text.charAt(text.length() - 1 - count))) {
      count++;
    }
    return count;
  }

  /** {@code text.capitalize()}: the first character in title case, all others in lower case. */
  static String capitalize(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int first = text.codePointAt(0);
    String head = Character.toString(first);
    return Character.toString(Character.toTitleCase(first))
        + text.toLowerCase(Locale.ROOT).substring(head.toLowerCase(Locale.ROOT).length());
  }

  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == NEXT_LINE;
  }
}

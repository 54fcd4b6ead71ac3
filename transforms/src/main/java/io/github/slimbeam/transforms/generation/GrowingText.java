// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import java.util.Arrays;
import java.util.function.Function;

/**
 * A text that is shown as its tokens come. A token need not be whole characters, and some decoders
 * write a token otherwise when another follows, so all tokens are decoded each time, and what is
 * new of the text is handed out; what may still change is held back: a replacement character at the
 * end, which the next token may complete, and all where the text is not what was shown before.
 *
 * <p><em>Cost</em>: decoding all tokens, at each token.
 */
public final class GrowingText {
  private static final char REPLACEMENT = '\uFFFD';

  private final Function<int[], String> decode;
  private final String prompt;
  private int[] tokens;
  private String shown;

  /** The text that follows a prompt. */
  public GrowingText(Function<int[], String> decode, int... prompt) {
    this.decode = decode;
    this.tokens = prompt.clone();
    this.prompt = decode.apply(tokens);
    this.shown = this.prompt;
  }

  /** What is to be shown with one more token; maybe nothing yet. */
  public String add(int token) {
    tokens = Arrays.copyOf(tokens, tokens.length + 1);
    tokens[tokens.length - 1] = token;
    String text = decode.apply(tokens);
    int end = text.length();
    while (end > 0 && text.charAt(end - 1) == REPLACEMENT) {
      end--;
    }
    return show(text.substring(0, end));
  }

  /**
   * What was held back, once no more tokens come: what follows where the text parts from what was
   * shown.
   */
  public String finish() {
    String text = decode.apply(tokens);
    int parts = commonPrefix(text, shown);
    shown = text;
    return text.substring(parts);
  }

  /** All that follows the prompt, whether it was shown or is held back. */
  public String continuation() {
    String text = decode.apply(tokens);
    return text.substring(commonPrefix(text, prompt));
  }

  private String show(String text) {
    if (!text.startsWith(shown)) {
      return "";
    }
    String suffix = text.substring(shown.length());
    shown = text;
    return suffix;
  }

  private static int commonPrefix(String a, String b) {
    int common = Arrays.mismatch(a.toCharArray(), b.toCharArray());
    return common < 0 ? a.length() : common;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import java.io.Serializable;

/**
 * How a held-out text becomes windows: what must be stated with every perplexity, because another
 * choice gives another figure. A longer window sees more, so 128 tokens give a far higher
 * perplexity than 2048.
 *
 * @param sequenceLength tokens of a window, T; 2048 in GPTQ's protocol, 128 in SlimGPT's and
 *     SlimLLM's
 * @param join what stands between the texts of a JSON lines file
 * @param specialTokens whether a text gets the special tokens that the tokenizer itself puts around
 *     it, such as {@code <s>} at its start; never one for each window
 */
public record WindowProtocol(int sequenceLength, TextJoin join, boolean specialTokens)
    implements Serializable {

  /** Windows of so many tokens, texts joined by blank lines, no special tokens. */
  public static WindowProtocol of(int sequenceLength) {
    return new WindowProtocol(sequenceLength, TextJoin.BLANK_LINE, false);
  }
}

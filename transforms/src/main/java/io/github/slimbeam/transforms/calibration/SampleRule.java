// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import java.io.Serializable;

/**
 * Which sample is asked for.
 *
 * @param sequences number of windows, N; {@link #NOT_GIVEN} means 128 of texts, as SlimGPT's
 *     authors took, and all there are of windows that are taken as they are
 * @param seed decides the order of the texts and the places of the windows
 * @param limits length of a window, and the model's vocabulary
 */
public record SampleRule(int sequences, long seed, TokenLimits limits) implements Serializable {

  /** The number of windows was left open. */
  public static final int NOT_GIVEN = 0;

  public static final int DEFAULT_SEQUENCES = 128;

  private static final long LEAST_BUDGET = 64L << 20;
  private static final long CHARACTERS_PER_TOKEN = 64;

  public SampleRule {
    check(sequences >= NOT_GIVEN, "⟨sequences⟩ must be at least 1, found %d", sequences);
  }

  /** How many windows to draw from texts. */
  public int drawn() {
    return sequences == NOT_GIVEN ? DEFAULT_SEQUENCES : sequences;
  }

  /**
   * So many characters of text are enough to draw from: several times what any tokenizer of text
   * makes so many tokens of, and never few.
   */
  public long budget() {
    return Math.max(LEAST_BUDGET, CHARACTERS_PER_TOKEN * drawn() * limits.sequenceLength());
  }

  /** How many of the windows to take that are there. */
  public int taken(int available) {
    check(
        available >= sequences,
        "found %d windows of input_ids, but %d were asked for: lower ⟨sequences⟩, or give more windows",
        available,
        sequences);
    return sequences == NOT_GIVEN ? available : sequences;
  }
}

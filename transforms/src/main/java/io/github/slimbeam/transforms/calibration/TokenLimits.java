// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.Serializable;

/**
 * What a model can take.
 *
 * @param sequenceLength tokens of a window, T
 * @param vocabularySize every token id is below it; {@link #UNLIMITED} where it is not known
 */
public record TokenLimits(int sequenceLength, int vocabularySize) implements Serializable {

  /** The size of a vocabulary that has every token id. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  public TokenLimits {
    check(sequenceLength >= 1, "⟨sequenceLength⟩ must be at least 1, found %d", sequenceLength);
    check(vocabularySize >= 1, "vocabulary size must be at least 1, found %d", vocabularySize);
  }

  /**
   * Checks a window that is to be taken as it is.
   *
   * @throws BadInputException naming its source, if it is longer than T or a token is unknown
   */
  public void checkWindow(CalibrationText window) {
    check(
        window.getTokens().size() <= sequenceLength,
        "%s: a window of %d tokens, expected at most %d: cut it, or raise ⟨sequenceLength⟩",
        window.getSource(),
        window.getTokens().size(),
        sequenceLength);
    for (int token : window.getTokens()) {
      check(
          token >= 0 && token < vocabularySize,
          "%s: token id %d, but the vocabulary has %d tokens: these ids come from another model's tokenizer",
          window.getSource(),
          token,
          vocabularySize);
    }
  }

  /**
   * Checks a text's tokens.
   *
   * @throws BadInputException naming the text's source, if a token is unknown to the model
   */
  public void checkTokens(String source, int[] tokens) {
    for (int token : tokens) {
      check(
          token < vocabularySize,
          "%s: the tokenizer gives token id %d, but the vocabulary has %d tokens: tokenizer.json is another model's",
          source,
          token,
          vocabularySize);
    }
  }
}

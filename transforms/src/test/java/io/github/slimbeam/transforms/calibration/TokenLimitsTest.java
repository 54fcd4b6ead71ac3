// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenLimitsTest {
  private static final TokenLimits LIMITS = new TokenLimits(3, 10);

  @Test
  void namesTheWindowThatIsTooLong() {
    CalibrationText window = new CalibrationText("a:1", null, List.of(1, 2, 3, 4));
    assertThatThrownBy(() -> LIMITS.checkWindow(window))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "a:1: a window of 4 tokens, expected at most 3: cut it, or raise sequenceLength");
  }

  @Test
  void namesTheTokenThatTheModelDoesNotKnow() {
    LIMITS.checkWindow(new CalibrationText("a:1", null, List.of(0, 9)));
    assertThatThrownBy(() -> LIMITS.checkWindow(new CalibrationText("a:1", null, List.of(1, 10))))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "a:1: token id 10, but the vocabulary has 10 tokens: these ids come from another model's tokenizer");
  }

  @Test
  void rejectsImpossibleLimits() {
    assertThatThrownBy(() -> new TokenLimits(0, 1))
        .isInstanceOf(BadInputException.class)
        .hasMessage("sequenceLength must be at least 1, found 0");
    assertThatThrownBy(() -> new TokenLimits(1, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("vocabulary size must be at least 1, found 0");
    assertThatThrownBy(() -> new SampleRule(-1, 0, LIMITS))
        .isInstanceOf(BadInputException.class)
        .hasMessage("sequences must be at least 1, found -1");
  }
}

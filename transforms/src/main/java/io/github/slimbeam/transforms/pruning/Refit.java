// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What is solved for once more when it is known which units stay. */
public enum Refit {
  /** Nothing. */
  NONE,
  /** The closing linear: {@link NormalEquations} of the columns that stay. */
  CLOSING,
  /** That, and the opening linears of FFNs in turn with it: {@link OpeningRefit}. */
  FULL;

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How attention units, of which a layer has few, are rounded. */
public enum Rounding {
  /**
   * A layer's rounding error is carried to the next, so that the model's mean is met: the default.
   */
  CARRIED,
  /** Each layer by itself, as in the authors' code. */
  NEAREST;

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

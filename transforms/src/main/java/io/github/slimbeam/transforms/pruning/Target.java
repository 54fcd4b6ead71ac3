// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What the output of a pruned sub-layer shall be like. */
public enum Target {
  /** Its own before, on the pruned model's states, each token alike: the papers'. */
  SELF,
  /**
   * The dense model's: so that the states after it are those of the dense model, in spite of what
   * sub-layers before it have changed, each token by the inverse square of its states there.
   */
  DENSE;

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

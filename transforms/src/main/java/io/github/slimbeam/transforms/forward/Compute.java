// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** What calibration's linears are computed in. All around them is in F32 whatever it is. */
public enum Compute {
  /** As the checkpoint's weights are read: the default. */
  FLOAT32,
  /**
   * Inputs and weights of every linear rounded to BF16, and what comes out of it, at every call:
   * eight bits of each; faster where the processor multiplies BF16, and much slower where it does
   * not.
   */
  BFLOAT16;

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }
}

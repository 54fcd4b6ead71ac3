// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import com.fasterxml.jackson.annotation.JsonValue;

/**
 * What stands between the texts of a JSON lines file when perplexity is measured on them as one.
 * Published figures differ in it: WikiText-2 is joined by blank lines throughout, Penn Treebank by
 * blank lines (GPTQ) or by spaces (SparseGPT).
 */
public enum TextJoin {
  /** Two newlines: GPTQ's, and what follows it. */
  BLANK_LINE("blankLine", "\n\n"),
  /** One newline between two texts. */
  NEWLINE("newline", "\n"),
  /** One space between two texts. */
  SPACE("space", " ");

  private final String optionName;
  private final String separator;

  TextJoin(String optionName, String separator) {
    this.optionName = optionName;
    this.separator = separator;
  }

  /** As the command line spells it. */
  @JsonValue
  public String optionName() {
    return optionName;
  }

  String separator() {
    return separator;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Every schedule there is, by name: formulas, and those that follow from a dense pass. */
public enum Schedule {
  LOGARITHMIC(RatioSchedule.LOGARITHMIC),
  LINEAR(RatioSchedule.LINEAR),
  UNIFORM(RatioSchedule.UNIFORM),
  DECREASING_LOGARITHMIC(RatioSchedule.DECREASING_LOGARITHMIC),
  DECREASING_LINEAR(RatioSchedule.DECREASING_LINEAR),
  /** SlimLLM's: most where the layers' input and output are most alike. */
  SIMILARITY(null),
  /** FLAP's adaptive allocation: one threshold for the standardised scores of all units. */
  FLAP(null),
  /** Ours: heads and channels of all layers compete by what their removal costs. */
  GLOBAL(null);

  private final @Nullable RatioSchedule formula;

  Schedule(@Nullable RatioSchedule formula) {
    this.formula = formula;
  }

  /** Its name on the command line, such as {@code decreasing-linear}. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** How it is reckoned without data, if it is. */
  public Optional<RatioSchedule> formula() {
    return Optional.ofNullable(formula);
  }
}

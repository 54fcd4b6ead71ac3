// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import com.fasterxml.jackson.annotation.JsonValue;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;

/** Whether the layers of a pruned model may differ in width. */
public enum Layout {
  /** Each layer as wide as its ratio says. */
  PER_LAYER("perLayer", Plans.Rounding.CARRIED),
  /** The same heads and channels everywhere, which a stock architecture can hold. */
  UNIFORM("uniform", Plans.Rounding.NEAREST);

  private final String optionName;
  private final Plans.Rounding rounding;

  Layout(String optionName, Plans.Rounding rounding) {
    this.optionName = optionName;
    this.rounding = rounding;
  }

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return optionName;
  }

  /** How attention units are rounded unless told otherwise. */
  public Plans.Rounding rounding() {
    return rounding;
  }

  /**
   * Checks that a plan gives this layout.
   *
   * @throws BadInputException naming the option that stands against it, or the layer of the dense
   *     model that is of another width than the first
   */
  public void check(ModelConfig dense, PlanRequest plan) {
    if (this == PER_LAYER) {
      return;
    }
    BadInputException.check(
        plan.schedule().equals(RatioSchedule.UNIFORM.optionName()),
        "⟨layout⟩=uniform does not go with ⟨schedule⟩=%s, whose layers differ: leave one of them out",
        plan.schedule());
    BadInputException.check(
        plan.rounding() == Plans.Rounding.NEAREST,
        "⟨layout⟩=uniform does not go with ⟨rounding⟩=carried, which gives neighbouring layers different units: leave"
            + " one of them out");
    for (int layer = 1; layer < dense.layers().size(); layer++) {
      BadInputException.check(
          dense.layers().get(layer).equals(dense.layers().get(0)),
          "⟨layout⟩=uniform: layer %d of the model has other widths than layer 0 already: leave it out",
          layer);
    }
  }
}

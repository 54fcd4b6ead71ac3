// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import com.fasterxml.jackson.annotation.JsonValue;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;

/** Whether the layers of a pruned model may differ in width. */
public enum Layout {
  /** Each layer as wide as its ratio says. */
  PER_LAYER("perLayer", Rounding.CARRIED),
  /** The same heads everywhere, and FFNs as wide as their ratio says. */
  FFN("ffn", Rounding.NEAREST),
  /** The same heads and channels everywhere, which a stock architecture can hold. */
  UNIFORM("uniform", Rounding.NEAREST);

  private final String optionName;
  private final Rounding rounding;

  Layout(String optionName, Rounding rounding) {
    this.optionName = optionName;
    this.rounding = rounding;
  }

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return optionName;
  }

  /** How attention units are rounded unless told otherwise. */
  public Rounding rounding() {
    return rounding;
  }

  /** Whether all layers have the same heads. */
  boolean equalHeads() {
    return this != PER_LAYER;
  }

  /**
   * Checks that a model's layers can have it.
   *
   * @throws BadInputException naming the layer that is of another width than the first
   */
  void checkFor(ModelConfig dense) {
    LayerShape first = dense.layers().get(0);
    for (int layer = 1; layer < dense.layers().size(); layer++) {
      LayerShape shape = dense.layers().get(layer);
      boolean heads = shape.heads() == first.heads() && shape.groups() == first.groups();
      boolean same =
          switch (this) {
            case PER_LAYER -> true;
            case FFN -> heads;
            case UNIFORM -> heads && shape.channels() == first.channels();
          };
      BadInputException.check(
          same,
          "⟨layout⟩=%s: layer %d of the model has other %s than layer 0 already: leave it out",
          optionName,
          layer,
          this == FFN ? "heads" : "widths");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import io.github.slimbeam.transforms.model.Families;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.util.Map;

/**
 * The class by which transformers opens a pruned model whose layers differ: the stock class of its
 * architecture, made in each layer's own widths by a modelling file beside the weights.
 *
 * @param architecture the stock class
 * @param modelType its {@code model_type}
 * @param languageType {@code model_type} of the language model inside, or the same
 * @param wrapped whether there is something around the language model
 */
record OwnClass(String architecture, String modelType, String languageType, boolean wrapped) {

  /** What belongs to a dense model. */
  static OwnClass of(ModelConfig dense) {
    Family.Stock stock = dense.family().stock().get(0);
    return dense.wrapper() == null
        ? new OwnClass(stock.architecture(), stock.modelType(), stock.modelType(), false)
        : new OwnClass(
            dense.wrapper().architecture(), dense.wrapper().modelType(), stock.modelType(), true);
  }

  /** Name of the class. */
  String name() {
    return Families.OWN_CLASS + architecture;
  }

  /** {@code model_type} of its configuration. */
  String type() {
    return Families.OWN_TYPE + modelType;
  }

  /** The configuration's class. */
  String configName() {
    return Families.OWN_CLASS + architecture.substring(0, architecture.indexOf("For")) + "Config";
  }

  /** Name of the modelling file, without its ending. */
  String module() {
    return "modeling_slim_" + modelType;
  }

  /** The modelling file. */
  String code() {
    return Families.code()
        .replace("@MODEL_TYPE@", modelType)
        .replace("@ARCHITECTURE@", architecture)
        .replace("@CONFIG@", configName())
        .replace("@MODEL@", name());
  }

  /** What transformers finds the classes by. */
  Map<String, String> autoMap() {
    return Map.of(
        "AutoConfig",
        module() + "." + configName(),
        wrapped ? "AutoModelForImageTextToText" : "AutoModelForCausalLM",
        module() + "." + name());
  }
}

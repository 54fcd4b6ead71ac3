// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.model.Families;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Wrapper;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The class by which transformers opens a pruned model whose layers differ: the stock class of its
 * architecture, made in each layer's own widths by a modelling file beside the weights.
 *
 * @param architecture the stock class
 * @param config the class of its configuration
 * @param modelType its {@code model_type}
 * @param tokenizer class that transformers takes for that type; null for the one that the
 *     tokenizer's own file names
 * @param wrapped whether there is something around the language model
 */
record OwnClass(
    String architecture,
    String config,
    String modelType,
    @Nullable String tokenizer,
    boolean wrapped) {

  /** What belongs to a dense model. */
  static OwnClass of(ModelConfig dense) {
    Family.Stock stock = dense.family().stock().get(0);
    Wrapper wrapper = dense.wrapper();
    return wrapper == null
        ? new OwnClass(
            stock.architecture(), stock.config(), stock.modelType(), stock.tokenizer(), false)
        : new OwnClass(
            wrapper.architecture(),
            wrapper.config(),
            wrapper.modelType(),
            wrapper.tokenizer(),
            true);
  }

  /** Name of the class. */
  String name() {
    return Families.OWN_CLASS + architecture;
  }

  /** {@code model_type} of its configuration. */
  String type() {
    return Families.OWN_TYPE + modelType;
  }

  /** Name of the modelling file, without its ending. */
  String module() {
    return "modeling_slim_" + modelType;
  }

  /** The modelling file: the same for all but for the names of the stock classes. */
  String code() {
    return Families.code().replace("StockConfig", config).replace("StockModel", architecture);
  }

  /**
   * The tokenizer's file, with the class that goes with the stock model's type: under a type of its
   * own transformers believes the file, whose class may make other ids of the same text.
   */
  byte[] tokenizerConfig(byte[] content) throws IOException {
    if (tokenizer == null) {
      return content;
    }
    ObjectNode config = Json.STRICT.readValue(content, ObjectNode.class);
    return Json.PLAIN
        .writerWithDefaultPrettyPrinter()
        .writeValueAsBytes(config.put("tokenizer_class", tokenizer));
  }

  /** What transformers finds the classes by. */
  Map<String, String> autoMap() {
    Map<String, String> map = new TreeMap<>();
    map.put("AutoConfig", module() + "." + Families.OWN_CLASS + config);
    map.put("AutoModelForCausalLM", module() + "." + name());
    if (wrapped) {
      map.put("AutoModelForImageTextToText", module() + "." + name());
    }
    return map;
  }
}

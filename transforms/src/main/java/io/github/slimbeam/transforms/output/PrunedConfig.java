// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The {@code config.json} of a pruned model: the dense one with every field, and the widths that
 * are left. Where they are the same in every layer, and a stock architecture of the family can hold
 * them, it is that architecture's, and no code is needed to open the model; else it has three lists
 * of widths and names the code that reads them.
 */
final class PrunedConfig {
  /** Key under which transformers finds the code of a model that brings its own. */
  static final String CODE = "auto_map";

  private PrunedConfig() {}

  /**
   * Makes it.
   *
   * @param shapes what is left of each layer
   * @param biased sub-layers whose closing linears were given a bias
   */
  static ObjectNode of(ModelConfig dense, List<LayerShape> shapes, Set<SublayerKind> biased) {
    ObjectNode config = dense.json().deepCopy();
    config.put("head_dim", dense.headSize());
    for (SublayerKind kind : biased) {
      config.put(dense.family().sublayer(kind).outputBiasFlag(), true);
    }
    Optional<Family.Stock> stock = stock(dense, config, shapes);
    if (stock.isPresent()) {
      fill(config, dense.family(), stock.get(), shapes.get(0));
    } else {
      fill(config, dense.family().pruned(), shapes);
    }
    return config;
  }

  private static Optional<Family.Stock> stock(
      ModelConfig dense, ObjectNode config, List<LayerShape> shapes) {
    LayerShape shape = shapes.get(0);
    if (!shapes.stream().allMatch(shape::equals) || onlyClosingBiases(dense.family(), config)) {
      return Optional.empty();
    }
    return dense.family().stock().stream()
        .filter(s -> !s.headsDivideHidden() || dense.hidden() % shape.heads() == 0)
        .filter(s -> s.biases() || !anyBias(dense.family(), config))
        .findFirst();
  }

  /** Whether a closing linear has a bias and the opening ones of its sub-layer have none. */
  private static boolean onlyClosingBiases(Family family, ObjectNode config) {
    for (SublayerKind kind : SublayerKind.values()) {
      Family.Sublayer sublayer = family.sublayer(kind);
      boolean all =
          sublayer.closing().biasFlags().stream()
              .filter(flag -> !flag.equals(sublayer.outputBiasFlag()))
              .anyMatch(flag -> config.path(flag).asBoolean(false));
      if (!all && config.path(sublayer.outputBiasFlag()).asBoolean(false)) {
        return true;
      }
    }
    return false;
  }

  private static boolean anyBias(Family family, ObjectNode config) {
    for (SublayerKind kind : SublayerKind.values()) {
      for (Family.Linear linear : family.sublayer(kind).linears().values()) {
        if (linear.biasFlags().stream().anyMatch(flag -> config.path(flag).asBoolean(false))) {
          return true;
        }
      }
    }
    return false;
  }

  private static void fill(ObjectNode config, Family family, Family.Stock stock, LayerShape shape) {
    config.putArray("architectures").add(stock.architecture());
    config.put("model_type", stock.modelType());
    config.put("num_attention_heads", shape.heads());
    config.put("num_key_value_heads", shape.groups());
    config.put("intermediate_size", shape.channels());
    stock.fields().forEach(config::set);
    // What an earlier pruning may have left.
    config.remove(
        List.of(
            CODE,
            ModelConfig.HEADS_PER_LAYER,
            ModelConfig.GROUPS_PER_LAYER,
            ModelConfig.CHANNELS_PER_LAYER,
            family.attention().outputBiasFlag(),
            family.ffn().outputBiasFlag()));
  }

  private static void fill(ObjectNode config, Family.Pruned own, List<LayerShape> shapes) {
    config.putArray("architectures").add(own.architecture());
    config.put("model_type", own.modelType());
    config.set(CODE, Json.PLAIN.valueToTree(own.autoMap()));
    ArrayNode heads = config.putArray(ModelConfig.HEADS_PER_LAYER);
    ArrayNode groups = config.putArray(ModelConfig.GROUPS_PER_LAYER);
    ArrayNode channels = config.putArray(ModelConfig.CHANNELS_PER_LAYER);
    for (LayerShape shape : shapes) {
      heads.add(shape.heads());
      groups.add(shape.groups());
      channels.add(shape.channels());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.LayerTraits;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Json;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

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
    ObjectNode language = dense.languagePart(config);
    language.put("head_dim", dense.headSize());
    for (SublayerKind kind : biased) {
      language.put(dense.family().sublayer(kind).outputBiasFlag(), true);
    }
    Optional<Family.Stock> stock = stock(dense, language, shapes);
    if (stock.isPresent()) {
      fillStock(dense, config, stock.get(), shapes.get(0));
    } else {
      fillOwn(dense, config, shapes);
    }
    return config;
  }

  /** Whether a stock architecture of the family holds layers of these shapes. */
  static boolean isStock(ModelConfig dense, List<LayerShape> shapes) {
    return stock(dense, dense.languagePart(dense.json()), shapes).isPresent();
  }

  private static Optional<Family.Stock> stock(
      ModelConfig dense, ObjectNode language, List<LayerShape> shapes) {
    LayerShape shape = shapes.get(0);
    if (!shapes.stream().allMatch(shape::equals) || onlyClosingBiases(dense.family(), language)) {
      return Optional.empty();
    }
    return dense.family().stock().stream()
        .filter(s -> !s.headsDivideHidden() || dense.hidden() % shape.heads() == 0)
        .filter(s -> !s.pairsFollowHeads() || hasPairsOf(dense, shape))
        .filter(s -> s.biases() || !anyFlag(dense.family(), language))
        .findFirst();
  }

  /** Whether hidden / heads, by which a class counts the factors of pairs, is the heads' size. */
  private static boolean hasPairsOf(ModelConfig dense, LayerShape shape) {
    return dense.hidden() / shape.heads() == dense.headSize()
        || dense.layerTraits().stream()
            .map(LayerTraits::rope)
            .allMatch(rope -> rope == null || rope.longFactors().isEmpty());
  }

  /** Whether a closing linear has a bias and the stock class would give it none. */
  private static boolean onlyClosingBiases(Family family, ObjectNode language) {
    for (SublayerKind kind : SublayerKind.values()) {
      Family.Sublayer sublayer = family.sublayer(kind);
      boolean all =
          sublayer.closing().biased()
              || sublayer
                  .closing()
                  .flags()
                  .filter(flag -> !flag.equals(sublayer.outputBiasFlag()))
                  .anyMatch(flag -> language.path(flag).asBoolean(false));
      if (!all && language.path(sublayer.outputBiasFlag()).asBoolean(false)) {
        return true;
      }
    }
    return false;
  }

  private static boolean anyFlag(Family family, ObjectNode language) {
    return Stream.of(SublayerKind.values())
        .flatMap(kind -> family.sublayer(kind).weights().values().stream())
        .flatMap(Family.Weight::flags)
        .anyMatch(flag -> language.path(flag).asBoolean(false));
  }

  private static void fillStock(
      ModelConfig dense, ObjectNode config, Family.Stock stock, LayerShape shape) {
    ObjectNode language = dense.languagePart(config);
    Family.Sizes sizes = dense.family().sizes();
    language.put("model_type", stock.modelType());
    if (dense.wrapper() == null) {
      config.putArray("architectures").add(stock.architecture());
    } else {
      config.putArray("architectures").add(dense.wrapper().architecture());
      config.put("model_type", dense.wrapper().modelType());
    }
    language.put(sizes.heads().fields().get(0), shape.heads());
    language.put(sizes.groups().fields().get(0), shape.groups());
    language.put(sizes.channels().fields().get(0), shape.channels());
    stock.fields().forEach(language::set);
    // What an earlier pruning may have left.
    config.remove(CODE);
    language.remove(
        List.of(
            ModelConfig.HEADS_PER_LAYER,
            ModelConfig.GROUPS_PER_LAYER,
            ModelConfig.CHANNELS_PER_LAYER,
            dense.family().attention().outputBiasFlag(),
            dense.family().ffn().outputBiasFlag()));
  }

  private static void fillOwn(ModelConfig dense, ObjectNode config, List<LayerShape> shapes) {
    OwnClass own = OwnClass.of(dense);
    config.putArray("architectures").add(own.name());
    config.put("model_type", own.type());
    config.set(CODE, Json.PLAIN.valueToTree(own.autoMap()));
    ObjectNode language = dense.languagePart(config);
    ArrayNode heads = language.putArray(ModelConfig.HEADS_PER_LAYER);
    ArrayNode groups = language.putArray(ModelConfig.GROUPS_PER_LAYER);
    ArrayNode channels = language.putArray(ModelConfig.CHANNELS_PER_LAYER);
    for (LayerShape shape : shapes) {
      heads.add(shape.heads());
      groups.add(shape.groups());
      channels.add(shape.channels());
    }
  }
}

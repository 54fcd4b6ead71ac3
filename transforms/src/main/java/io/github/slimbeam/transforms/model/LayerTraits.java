// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the attention of one layer differs from that of others.
 *
 * @param window tokens that a token sees, itself included; 0 for all before it
 * @param rope its rotary embedding; null where positions are not embedded
 */
public record LayerTraits(int window, @Nullable Rope rope) {
  private static final String TYPES = "layer_types";
  private static final String SLIDING = "sliding_attention";
  private static final List<String> FULL = List.of("full_attention", "attention");

  /** Those of every layer; {@code where} is the configuration's path, for messages. */
  static List<LayerTraits> of(
      Family family, JsonNode config, int layers, int headSize, int context, String where) {
    TraitSettings.Sliding settings = family.traits().sliding();
    List<Boolean> sliding = sliding(settings, config, layers, where);
    int window =
        settings != null && sliding.contains(true) ? settings.window().size(config, where) : 0;
    RopeReader rope = new RopeReader(family.rope(), config, headSize, context, where);
    List<LayerTraits> traits = new ArrayList<>();
    for (int layer = 0; layer < layers; layer++) {
      traits.add(
          new LayerTraits(
              sliding.get(layer) ? window : 0,
              rope.isEmbedded(layer, layers) ? rope.of(sliding.get(layer)) : null));
    }
    return List.copyOf(traits);
  }

  private static List<Boolean> sliding(
      TraitSettings.@Nullable Sliding settings, JsonNode config, int layers, String where) {
    List<Boolean> sliding = new ArrayList<>();
    JsonNode types = config.path(TYPES);
    boolean typed =
        settings != null && settings.layerTypes() && !types.isMissingNode() && !types.isNull();
    check(
        !typed || (types.isArray() && types.size() == layers),
        "%s: expected %d names for %s, found %s",
        where,
        layers,
        TYPES,
        types);
    for (int layer = 0; layer < layers; layer++) {
      sliding.add(
          typed
              ? slides(types.get(layer).asText(), layer, where)
              : settings != null && slides(settings, config, layer, where));
    }
    return sliding;
  }

  private static boolean slides(String type, int layer, String where) {
    check(
        type.equals(SLIDING) || FULL.contains(type),
        "%s: %s of layer %d is %s: expected %s or %s; other kinds of layers are not computed",
        where,
        TYPES,
        layer,
        type,
        FULL,
        SLIDING);
    return type.equals(SLIDING);
  }

  private static boolean slides(
      TraitSettings.Sliding settings, JsonNode config, int layer, String where) {
    boolean on = settings.on() == null || settings.on().isOn(config, where);
    if (!on || !settings.window().isGiven(config)) {
      return false;
    }
    return switch (settings.pattern()) {
      case all -> true;
      case none -> false;
      case exceptEvery -> (layer + 1) % count(settings, config, where) != 0;
      case from -> layer >= count(settings, config, where);
    };
  }

  private static int count(TraitSettings.Sliding settings, JsonNode config, String where) {
    Setting count = settings.count();
    if (count == null) {
      throw new IllegalStateException("pattern " + settings.pattern() + " needs a count");
    }
    return (int) count.required(config, where);
  }
}

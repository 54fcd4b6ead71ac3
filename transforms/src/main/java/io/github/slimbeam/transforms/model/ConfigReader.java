// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a {@link ModelConfig} by its family's description. */
public final class ConfigReader {
  private final ObjectNode json;
  private final ObjectNode text;
  private final String where;
  private final @Nullable Wrapper wrapper;
  private final Family family;

  private ConfigReader(ObjectNode json, String where) {
    this.json = json;
    this.where = where;
    this.wrapper = Wrapper.of(json, where).orElse(null);
    this.text = wrapper == null ? json : (ObjectNode) json.get(Wrapper.TEXT);
    this.family = Families.of(text, where);
  }

  /**
   * Reads the configuration; {@code where} is its path, for messages.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the field that is
   *     missing, contradictory or beyond what we compute
   */
  public static ModelConfig read(ObjectNode json, String where) {
    return new ConfigReader(json, where).config();
  }

  private ModelConfig config() {
    checkNeutral();
    Family.Sizes sizes = family.sizes();
    int heads = sizes.heads().size(text, where);
    int groups = sizes.groups().isGiven(text) ? sizes.groups().size(text, where) : heads;
    int hidden = sizes.hidden().size(text, where);
    int headSize =
        sizes.headSize().isGiven(text) ? sizes.headSize().size(text, where) : hidden / heads;
    int context = sizes.context().size(text, where);
    int count = sizes.layers().size(text, where);
    int channels = sizes.channels().size(text, where);
    List<LayerShape> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      LayerShape shape =
          new LayerShape(
              perLayer(ModelConfig.HEADS_PER_LAYER, i, count, heads),
              perLayer(ModelConfig.GROUPS_PER_LAYER, i, count, groups),
              perLayer(ModelConfig.CHANNELS_PER_LAYER, i, count, channels));
      check(
          shape.heads() % shape.groups() == 0,
          "%s: layer %d: %d attention heads cannot share %d key-value heads",
          where,
          i,
          shape.heads(),
          shape.groups());
      layers.add(shape);
    }
    boolean tied =
        wrapper == null ? sizes.tied().isOn(text, where) : wrapper.tied().isOn(json, where);
    return new ModelConfig(
        wrapper == null ? family : family.renamed(wrapper.names().get(0)),
        json,
        wrapper,
        hidden,
        headSize,
        sizes.vocabulary().size(text, where),
        context,
        tied,
        Traits.of(family.traits(), text, headSize, where),
        LayerTraits.of(family, text, count, headSize, context, where),
        List.copyOf(layers));
  }

  private void checkNeutral() {
    family
        .neutral()
        .forEach(
            (field, values) ->
                check(
                    !text.has(field) || values.contains(text.get(field)),
                    "%s: %s is %s: family %s is computed with %s only",
                    where,
                    field,
                    text.get(field),
                    family.name(),
                    values.size() == 1 ? values.get(0) : values));
  }

  private int perLayer(String field, int layer, int layers, int otherwise) {
    JsonNode list = text.path(field);
    if (list.isMissingNode()) {
      return otherwise;
    }
    check(
        list.isArray()
            && list.size() == layers
            && list.get(layer).isInt()
            && list.get(layer).asInt() > 0,
        "%s: expected %d positive whole numbers for %s, found %s",
        where,
        layers,
        field,
        list);
    return list.get(layer).asInt();
  }
}

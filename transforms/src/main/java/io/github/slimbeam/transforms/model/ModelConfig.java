// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * {@code config.json}, understood as far as computing needs it. A pruned model carries its widths
 * in three lists, one entry a layer; a dense one has the same widths everywhere.
 *
 * @param layers shape of each decoder layer
 */
public record ModelConfig(
    Family family,
    ObjectNode json,
    int hidden,
    int headSize,
    int vocabulary,
    int context,
    double epsilon,
    Rope rope,
    boolean tied,
    List<LayerShape> layers) {

  public static final String HEADS_PER_LAYER = "num_attention_heads_per_layer";
  public static final String GROUPS_PER_LAYER = "num_key_value_heads_per_layer";
  public static final String CHANNELS_PER_LAYER = "intermediate_size_per_layer";

  /**
   * Reads the configuration; {@code where} is its path, for messages.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the field that is
   *     missing, contradictory or beyond what we compute
   */
  public static ModelConfig of(ObjectNode json, String where) {
    List<String> architectures = new ArrayList<>();
    json.path("architectures").forEach(a -> architectures.add(a.asText()));
    check(
        !json.path("text_config").isObject() || json.has("hidden_size"),
        "%s: %s is a model around a language model, which text_config describes: save the language model by itself and"
            + " give that",
        where,
        architectures.isEmpty() ? "this" : architectures);
    Family family = Family.of(architectures, where);
    checkFields(json, family, architectures, where);
    int heads = positive(json, "num_attention_heads", where);
    int groups =
        json.hasNonNull("num_key_value_heads")
            ? positive(json, "num_key_value_heads", where)
            : heads;
    int hidden = positive(json, "hidden_size", where);
    int headSize = json.hasNonNull("head_dim") ? positive(json, "head_dim", where) : hidden / heads;
    String activation = json.path("hidden_act").asText(family.activation());
    check(
        activation.equals(family.activation()),
        "%s: hidden_act %s, expected %s for family %s",
        where,
        activation,
        family.activation(),
        family.name());
    int count = positive(json, "num_hidden_layers", where);
    int channels = positive(json, "intermediate_size", where);
    List<LayerShape> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      LayerShape shape =
          new LayerShape(
              perLayer(json, HEADS_PER_LAYER, i, count, heads, where),
              perLayer(json, GROUPS_PER_LAYER, i, count, groups, where),
              perLayer(json, CHANNELS_PER_LAYER, i, count, channels, where));
      check(
          shape.heads() % shape.groups() == 0,
          "%s: layer %d: %d attention heads cannot share %d key-value heads",
          where,
          i,
          shape.heads(),
          shape.groups());
      layers.add(shape);
    }
    return new ModelConfig(
        family,
        json,
        hidden,
        headSize,
        positive(json, "vocab_size", where),
        positive(json, "max_position_embeddings", where),
        json.path("rms_norm_eps").asDouble(1e-6),
        Rope.of(json, family, where),
        json.path("tie_word_embeddings").asBoolean(false),
        List.copyOf(layers));
  }

  /**
   * The type in which the weights are kept, as the configuration says: F32 where it says nothing,
   * which is how Hugging Face's transformers reads it.
   */
  public DType dtype(String where) {
    String name =
        json.hasNonNull("dtype")
            ? json.get("dtype").asText()
            : json.path("torch_dtype").asText("float32");
    return switch (name.replaceFirst("^torch\\.", "")) {
      case "bfloat16" -> DType.BF16;
      case "float16" -> DType.F16;
      case "float32", "null" -> DType.F32;
      default ->
          throw new BadInputException(
              where + ": dtype " + name + ", expected bfloat16, float16 or float32");
    };
  }

  /** The same with a head of its own. */
  ModelConfig untied() {
    return new ModelConfig(
        family,
        json.deepCopy().put("tie_word_embeddings", false),
        hidden,
        headSize,
        vocabulary,
        context,
        epsilon,
        rope,
        false,
        layers);
  }

  /** Size of an axis in one layer. */
  public int size(Family.Dimension dimension, LayerShape shape) {
    return switch (dimension) {
      case hidden -> hidden;
      case queries -> shape.heads() * headSize;
      case keys -> shape.groups() * headSize;
      case channels -> shape.channels();
    };
  }

  /**
   * Entries along a dimension that one unit spans: 1 for a channel, d or g·d for a KV group of g
   * heads of size d.
   */
  public int span(Family.Dimension dimension, LayerShape shape) {
    return switch (dimension) {
      case hidden -> throw new IllegalArgumentException("the hidden dimension has no units");
      case queries -> shape.heads() / shape.groups() * headSize;
      case keys -> headSize;
      case channels -> 1;
    };
  }

  /** Columns of a sub-layer's closing linear that one unit spans. */
  public int unitSize(SublayerKind kind, LayerShape shape) {
    return span(family.sublayer(kind).closing().columns(), shape);
  }

  /** Width of the input of a sub-layer's closing linear, so of its moments. */
  public int closingWidth(SublayerKind kind, LayerShape shape) {
    return size(family.sublayer(kind).closing().columns(), shape);
  }

  /** The largest of them all. */
  public int widestClosing() {
    return layers.stream()
        .flatMap(shape -> Stream.of(SublayerKind.values()).map(kind -> closingWidth(kind, shape)))
        .max(Integer::compare)
        .orElseThrow();
  }

  /** Whether a linear has a bias. */
  public boolean hasBias(Family.Linear linear) {
    return linear.biasFlags().stream().anyMatch(flag -> json.path(flag).asBoolean(false));
  }

  /** Parameters of a sub-layer's linears, biases included. */
  public long linearParameters(SublayerKind kind, LayerShape shape) {
    long total = 0;
    for (Family.Linear linear : family.sublayer(kind).linears().values()) {
      long rows = size(linear.rows(), shape);
      total += rows * size(linear.columns(), shape) + (hasBias(linear) ? rows : 0);
    }
    return total;
  }

  /**
   * Parameters of a whole model with these layer shapes: embedding, head unless tied, norms,
   * linears.
   */
  public long parameters(List<LayerShape> shapes) {
    long total = (long) vocabulary * hidden * (tied ? 1 : 2) + hidden;
    for (LayerShape shape : shapes) {
      for (SublayerKind kind : SublayerKind.values()) {
        total += hidden + linearParameters(kind, shape);
      }
    }
    return total;
  }

  /** A sliding window, for example, is not computed: whoever has one is refused. */
  private static void checkFields(
      ObjectNode json, Family family, List<String> architectures, String where) {
    for (Family.Stock stock : family.stock()) {
      if (architectures.contains(stock.architecture())) {
        stock
            .fields()
            .forEach(
                (field, expected) ->
                    check(
                        json.path(field).equals(expected),
                        "%s: %s is %s: architecture %s is computed with %s only",
                        where,
                        field,
                        json.has(field) ? json.get(field) : "missing",
                        stock.architecture(),
                        expected));
      }
    }
  }

  private static int positive(JsonNode json, String field, String where) {
    JsonNode value = json.path(field);
    check(
        value.isIntegralNumber() && value.canConvertToInt() && value.asInt() > 0,
        "%s: expected a positive whole number for %s, found %s",
        where,
        field,
        value.isMissingNode() ? "nothing" : value);
    return value.asInt();
  }

  private static int perLayer(
      JsonNode json, String field, int layer, int layers, int otherwise, String where) {
    JsonNode list = json.path(field);
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

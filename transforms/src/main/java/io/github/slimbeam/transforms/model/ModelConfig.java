// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * {@code config.json}, understood as far as computing needs it. A pruned model carries its widths
 * in three lists, one entry a layer; a dense one has the same widths everywhere.
 *
 * @param family with the names that this model's tensors have
 * @param json all of it
 * @param wrapper what is around the language model; null if nothing is
 * @param layerTraits how the layers' attention differs
 * @param layers shape of each decoder layer
 */
public record ModelConfig(
    Family family,
    ObjectNode json,
    @Nullable Wrapper wrapper,
    int hidden,
    int headSize,
    int vocabulary,
    int context,
    boolean tied,
    Traits traits,
    List<LayerTraits> layerTraits,
    List<LayerShape> layers) {

  public static final String HEADS_PER_LAYER = "num_attention_heads_per_layer";
  public static final String GROUPS_PER_LAYER = "num_key_value_heads_per_layer";
  public static final String CHANNELS_PER_LAYER = "intermediate_size_per_layer";

  /** The part of the configuration that describes the language model: all, unless it is wrapped. */
  public ObjectNode language() {
    return languagePart(json);
  }

  /** The part of another configuration that {@link #language} is of this one's. */
  public ObjectNode languagePart(ObjectNode whole) {
    return wrapper == null ? whole : (ObjectNode) whole.get(Wrapper.TEXT);
  }

  /**
   * The type in which the weights are kept, as the configuration says: F32 where it says nothing,
   * which is how Hugging Face's transformers reads it.
   */
  public DType dtype(String where) {
    JsonNode said = json.hasNonNull("dtype") || json.hasNonNull("torch_dtype") ? json : language();
    String name =
        said.hasNonNull("dtype")
            ? said.get("dtype").asText()
            : said.path("torch_dtype").asText("float32");
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
    ObjectNode changed = json.deepCopy();
    changed.put("tie_word_embeddings", false);
    languagePart(changed).put("tie_word_embeddings", false);
    return with(family, changed, false);
  }

  /**
   * The same with the names that the tensors of a checkpoint have, where there are several ways.
   */
  ModelConfig named(Set<String> tensors, String where) {
    if (wrapper == null) {
      return this;
    }
    Family plain = Families.of(language(), where);
    return wrapper.names().stream()
        .map(plain::renamed)
        .filter(renamed -> tensors.contains(renamed.embedding()))
        .findFirst()
        .map(renamed -> with(renamed, json, tied))
        .orElse(this);
  }

  private ModelConfig with(Family renamed, ObjectNode config, boolean isTied) {
    return new ModelConfig(
        renamed,
        config,
        wrapper,
        hidden,
        headSize,
        vocabulary,
        context,
        isTied,
        traits,
        layerTraits,
        layers);
  }

  /** Whether a tensor is none of the language model's, and so stays as it is. */
  public boolean isCarried(String tensor) {
    String layer = family.layer().substring(0, family.layer().indexOf('{'));
    String inner = layer.substring(0, layer.lastIndexOf('.', layer.length() - 2) + 1);
    return wrapper != null && !tensor.startsWith(inner) && !tensor.equals(family.head());
  }

  /** Size of an axis in one layer. */
  public int size(Family.Dimension dimension, LayerShape shape) {
    return switch (dimension) {
      case hidden -> hidden;
      case queries -> shape.heads() * headSize;
      case keys -> shape.groups() * headSize;
      case channels -> shape.channels();
      case headSize -> headSize;
    };
  }

  /**
   * Entries along a dimension that one unit spans: 1 for a channel, d or g·d for a KV group of g
   * heads of size d.
   */
  public int span(Family.Dimension dimension, LayerShape shape) {
    return switch (dimension) {
      case queries -> shape.heads() / shape.groups() * headSize;
      case keys -> headSize;
      case channels -> 1;
      case hidden, headSize ->
          throw new IllegalArgumentException("dimension " + dimension + " has no units");
    };
  }

  /** Columns of a sub-layer's closing linear that one unit spans. */
  public int unitSize(SublayerKind kind, LayerShape shape) {
    return span(family.sublayer(kind).closing().input(), shape);
  }

  /** Width of the input of a sub-layer's closing linear, so of its moments. */
  public int closingWidth(SublayerKind kind, LayerShape shape) {
    return size(family.sublayer(kind).closing().input(), shape);
  }

  /** The largest of them all. */
  public int widestClosing() {
    return layers.stream()
        .flatMap(shape -> Stream.of(SublayerKind.values()).map(kind -> closingWidth(kind, shape)))
        .max(Integer::compare)
        .orElseThrow();
  }

  /** Whether units of such sub-layers can go without a change to what is left of the function. */
  public boolean isPrunable(SublayerKind kind) {
    return family.sublayer(kind).isPrunable();
  }

  /** Whether a weight has a bias beside it. */
  public boolean hasBias(Family.Weight weight) {
    return weight.biased()
        || weight.flags().anyMatch(flag -> language().path(flag).asBoolean(false));
  }

  /** Every tensor that a model with these layer shapes must have, with its shape. */
  public Map<String, List<Long>> tensors(List<LayerShape> shapes) {
    Map<String, List<Long>> tensors = new LinkedHashMap<>();
    tensors.put(family.embedding(), List.of((long) vocabulary, (long) hidden));
    for (int i = 0; i < shapes.size(); i++) {
      for (SublayerKind kind : SublayerKind.values()) {
        for (Map.Entry<String, Family.Weight> entry : family.sublayer(kind).weights().entrySet()) {
          String module = family.tensor(i, entry.getKey());
          tensors.put(module + ".weight", shape(entry.getValue(), shapes.get(i)));
          if (hasBias(entry.getValue())) {
            tensors.put(module + ".bias", List.of(rows(entry.getValue(), shapes.get(i))));
          }
        }
      }
    }
    tensors.put(family.finalNorm(), List.of((long) hidden));
    if (!tied) {
      tensors.put(family.head(), List.of((long) vocabulary, (long) hidden));
    }
    return tensors;
  }

  /**
   * The rows of a weight that belong to one role.
   *
   * @param begin the first of them
   */
  public record Part(String role, Family.Dimension dimension, int begin, int size) {}

  /** What a weight's rows are, from the first on. */
  public List<Part> parts(Family.Weight weight, LayerShape shape) {
    List<Part> parts = new ArrayList<>();
    int begin = 0;
    for (Map.Entry<String, Family.Dimension> rows : weight.rows().entrySet()) {
      int size = size(rows.getValue(), shape);
      parts.add(new Part(rows.getKey(), rows.getValue(), begin, size));
      begin += size;
    }
    return parts;
  }

  private List<Long> shape(Family.Weight weight, LayerShape shape) {
    long rows = rows(weight, shape);
    return weight.isLinear() ? List.of(rows, (long) size(weight.input(), shape)) : List.of(rows);
  }

  private long rows(Family.Weight weight, LayerShape shape) {
    return weight.rows().values().stream().mapToLong(dimension -> size(dimension, shape)).sum();
  }

  /** Parameters of a sub-layer's linears, biases included. */
  public long linearParameters(SublayerKind kind, LayerShape shape) {
    return family.sublayer(kind).weights().values().stream()
        .filter(Family.Weight::isLinear)
        .mapToLong(
            weight -> product(shape(weight, shape)) + (hasBias(weight) ? rows(weight, shape) : 0))
        .sum();
  }

  /** Parameters of all linears of decoder layers of these shapes, biases included. */
  public long linearParameters(List<LayerShape> shapes) {
    long total = 0;
    for (LayerShape shape : shapes) {
      for (SublayerKind kind : SublayerKind.values()) {
        total += linearParameters(kind, shape);
      }
    }
    return total;
  }

  /**
   * Parameters of a whole language model with these layer shapes: embedding, head unless tied,
   * norms, linears.
   */
  public long parameters(List<LayerShape> shapes) {
    return tensors(shapes).values().stream().mapToLong(ModelConfig::product).sum();
  }

  private static long product(List<Long> shape) {
    return shape.stream().reduce(1L, Math::multiplyExact);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.SublayerKind;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A family of architectures, read from {@code families/NAME.json}: which tensors there are, what
 * shapes they have, and so which weights belong to one unit: all rows or columns along a dimension
 * that has units are grouped by unit. What it computes with them is told by {@link Traits}.
 *
 * @param modelTypes {@code model_type} of those that say nothing else
 * @param sizes where the sizes stand in {@code config.json}
 * @param layer prefix of a layer's tensors, with {@code {layer}} for its number
 * @param neutral fields of {@code config.json} that would change the function, with all values that
 *     do not; a field left out does not either
 * @param ignored names, as regular expressions, of tensors that carry nothing and are dropped
 * @param stock architectures that hold a model of the family with the same widths in every layer,
 *     the one to be preferred first
 * @param gguf architectures of llama.cpp that may compute a model of the family, the one to be
 *     preferred first
 */
public record Family(
    String name,
    List<String> architectures,
    List<String> modelTypes,
    Sizes sizes,
    TraitSettings traits,
    RopeSettings rope,
    String embedding,
    String finalNorm,
    String head,
    String layer,
    Sublayer attention,
    Sublayer ffn,
    Map<String, List<JsonNode>> neutral,
    List<String> ignored,
    List<Stock> stock,
    List<String> gguf) {

  /** The role of the linear that closes a sub-layer. */
  public static final String CLOSING = "closing";

  /** Where the sizes of a model stand. */
  public record Sizes(
      Setting hidden,
      Setting layers,
      Setting heads,
      Setting groups,
      Setting headSize,
      Setting channels,
      Setting vocabulary,
      Setting context,
      Setting tied) {}

  /**
   * One sub-layer.
   *
   * @param weights its weights by the module that holds them
   * @param outputBiasFlag key of {@code config.json} that gives the closing linear alone a bias
   */
  public record Sublayer(Map<String, Weight> weights, String outputBiasFlag) {

    /** The linear that closes it. */
    public Weight closing() {
      return weights.values().stream()
          .filter(weight -> weight.rows().containsKey(CLOSING))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("a sub-layer without closing linear"));
    }

    /** Name of the closing linear's module. */
    public String closingModule() {
      return weights.entrySet().stream()
          .filter(entry -> entry.getValue().rows().containsKey(CLOSING))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("a sub-layer without closing linear"))
          .getKey();
    }

    /**
     * Whether units can go without a change to what is left of the function: not if a norm spans
     * them all.
     */
    public boolean isPrunable() {
      return weights.values().stream()
          .filter(weight -> !weight.isLinear())
          .flatMap(weight -> weight.rows().values().stream())
          .noneMatch(Dimension::hasUnits);
    }
  }

  /**
   * A weight, and where it has one its bias: a linear's [Σ rows, columns], or a norm's [Σ rows].
   *
   * @param rows dimension of the output by role; more than one role where linears are fused, in the
   *     order in which they stand
   * @param columns dimension of the input; null for a norm
   * @param biasFlags keys of {@code config.json} each of which gives it a bias
   * @param biased whether it has a bias whatever they say
   */
  public record Weight(
      Map<String, Dimension> rows,
      @Nullable Dimension columns,
      @Nullable List<String> biasFlags,
      boolean biased) {

    /** Whether it is a linear's and not a norm's. */
    public boolean isLinear() {
      return columns != null;
    }

    /** The dimension of a linear's input. */
    public Dimension input() {
      return requireNonNull(columns, "a linear's weight");
    }

    /** The flags that give it a bias. */
    public Stream<String> flags() {
      return Stream.ofNullable(biasFlags).flatMap(List::stream);
    }
  }

  /** What the size of a tensor's axis depends on; the names are those of the JSON files. */
  public enum Dimension {
    hidden,
    queries,
    keys,
    channels,
    headSize;

    /** Whether pruning can make it smaller. */
    public boolean hasUnits() {
      return this == queries || this == keys || this == channels;
    }
  }

  /**
   * An architecture that engines know, for models with the same widths in every layer.
   *
   * @param config class of its configuration in transformers
   * @param tokenizer class that transformers takes for this model type whatever the tokenizer's own
   *     file says; null if it believes the file
   * @param headsDivideHidden whether it refuses a number of heads that does not divide the hidden
   *     size
   * @param pairsFollowHeads whether it refuses factors of pairs by hidden / heads and not by the
   *     size that heads have
   * @param biases whether the flags of the family's configuration give its linears biases
   * @param fields what {@code config.json} must say for it to be the same function
   */
  public record Stock(
      String architecture,
      String config,
      String modelType,
      @Nullable String tokenizer,
      boolean headsDivideHidden,
      boolean pairsFollowHeads,
      boolean biases,
      Map<String, JsonNode> fields) {}

  /** The sub-layer's part of the description. */
  public Sublayer sublayer(SublayerKind kind) {
    return kind == SublayerKind.ATTENTION ? attention : ffn;
  }

  /** Full name of a layer's tensor. */
  public String tensor(int layerNumber, String name) {
    return layer.replace("{layer}", Integer.toString(layerNumber)) + name;
  }

  /** The same description of tensors whose names begin otherwise. */
  Family renamed(Map<String, String> prefixes) {
    return new Family(
        name,
        architectures,
        modelTypes,
        sizes,
        traits,
        rope,
        renamed(embedding, prefixes),
        renamed(finalNorm, prefixes),
        renamed(head, prefixes),
        renamed(layer, prefixes),
        attention,
        ffn,
        neutral,
        ignored,
        stock,
        gguf);
  }

  private static String renamed(String tensor, Map<String, String> prefixes) {
    return new LinkedHashMap<>(prefixes)
        .entrySet().stream()
            .filter(entry -> tensor.startsWith(entry.getKey()))
            .findFirst()
            .map(entry -> entry.getValue() + tensor.substring(entry.getKey().length()))
            .orElse(tensor);
  }
}

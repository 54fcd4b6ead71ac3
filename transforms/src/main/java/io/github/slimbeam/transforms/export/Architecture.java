// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.Descriptions;
import io.github.slimbeam.transforms.model.Traits;
import io.github.slimbeam.transforms.storage.Json;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an architecture of llama.cpp computes and how its files call the weights.
 *
 * @param name as files name it
 * @param ownWidths whether each layer has heads and channels of its own; otherwise it takes all
 *     layers for as wide as the first
 * @param queriesFillHidden whether heads · head size must be the hidden size
 * @param head whether the file has a tensor for it
 * @param activation of the gate
 * @param multipliers whether it has keys for the scales of embeddings, residuals, attention and
 *     logits
 * @param rootHidden whether it multiplies embeddings by √hidden
 * @param hiddenPerHead number of layers with which it takes a model for the one of its family whose
 *     products of queries and keys are divided by √(hidden / heads), not √(head size); 0 for none
 * @param softCaps whether it caps those products, and logits
 * @param sliding its layers with a sliding window; null if it has none
 * @param rope its rotary embedding
 * @param attention roles of the weights in each tensor of an attention sub-layer, by the tensor's
 *     name; more than one where they stand one below the other
 * @param ffn the same of an FFN
 * @param biases tensors that may have a bias
 * @param keys of its own that never change
 */
public record Architecture(
    String name,
    boolean ownWidths,
    boolean queriesFillHidden,
    Head head,
    Traits.Activation activation,
    boolean multipliers,
    boolean rootHidden,
    int hiddenPerHead,
    boolean softCaps,
    @Nullable Sliding sliding,
    Rope rope,
    Map<String, List<String>> attention,
    Map<String, List<String>> ffn,
    List<String> biases,
    @Nullable Map<String, Long> keys) {
  private static final Map<String, Architecture> ALL = read();

  /** Whether a file has a tensor {@code output}; the names are those of the JSON files. */
  public enum Head {
    /** It may; without, the embedding is the head. */
    optional,
    /** It must not: the embedding is the head. */
    none,
    /** It must. */
    required
  }

  /**
   * Layers with a sliding window: all but each {@code period}-th.
   *
   * @param optional whether a file without the key has no such layers
   * @param rope how the positions of these layers are embedded
   */
  public record Sliding(int period, boolean optional, SlidingRope rope) {}

  /** Rotary embedding of layers with a sliding window. */
  public enum SlidingRope {
    /** As in the others. */
    same,
    /** With a base of their own, and neither scaling nor factors. */
    own,
    /** With the others' base, and neither scaling nor factors. */
    unscaled
  }

  /**
   * What its rotary embedding can be.
   *
   * @param neighbours whether entries 2i and 2i + 1 of a head are a pair, and not i and i + half
   * @param factors whether it reads a divisor of each pair's frequency
   * @param longFactors whether it reads two sets of them, one for long contexts
   * @param partial whether the first entries of a head alone may turn
   * @param skips which layers' positions are not embedded
   */
  public record Rope(
      boolean neighbours,
      boolean factors,
      boolean longFactors,
      boolean partial,
      @Nullable Skips skips) {}

  /** Layers without rotary embedding. */
  public enum Skips {
    /** All, if a key says so. */
    all,
    /** Each fourth, always. */
    fourth
  }

  /** The architecture of this name. */
  static Architecture named(String name) {
    return requireNonNull(ALL.get(name), name);
  }

  /** All, by name. */
  static Map<String, Architecture> all() {
    return ALL;
  }

  /** Roles of the weights in each tensor of a sub-layer. */
  Map<String, List<String>> tensors(SublayerKind kind) {
    return kind == SublayerKind.ATTENTION ? attention : ffn;
  }

  /** Whether it gives a layer a sliding window. */
  boolean slides(int layer) {
    return sliding != null && (layer + 1) % sliding.period() != 0;
  }

  /** By what it multiplies products of queries and keys. */
  double attentionScale(int layers, int hidden, int heads, int headSize) {
    int divisor = layers == hiddenPerHead ? hidden / heads : headSize;
    return 1 / Math.sqrt(divisor);
  }

  private static Map<String, Architecture> read() {
    Map<String, Architecture> all = new LinkedHashMap<>();
    for (JsonNode json : Descriptions.below(Architecture.class, "architectures/").values()) {
      try {
        Architecture architecture = Json.PLAIN.treeToValue(json, Architecture.class);
        all.put(architecture.name(), architecture);
      } catch (JsonProcessingException e) {
        throw new UncheckedIOException(e);
      }
    }
    return all;
  }
}

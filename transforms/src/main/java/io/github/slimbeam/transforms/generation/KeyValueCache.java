// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Keys and values of one sequence's tokens so far, layer by layer, each as wide as that layer has
 * KV groups. Every place is there from the beginning, so that a token costs no copy of those before
 * it.
 *
 * <p><em>Memory</em>: {@link #bytesPerToken} for each place, Σ over the layers of 2 · groups · d ·
 * 4 bytes: 1 MiB a token at LLaMA-7B dense (32 layers, 32 groups, d = 128), less as groups are
 * pruned.
 */
public final class KeyValueCache implements AutoCloseable {
  private final TorchScope scope;
  private final int places;
  private final List<NDArray> keys = new ArrayList<>();
  private final List<NDArray> values = new ArrayList<>();
  private final int[] tokens;
  private int length;

  /**
   * An empty one.
   *
   * @param places tokens that it can hold, the model's context at most
   * @throws io.github.slimbeam.transforms.storage.BadInputException if the device's memory does not
   *     hold it
   */
  public KeyValueCache(ModelConfig config, int places) {
    check(
        places >= 1 && places <= config.context(),
        "a sequence of %d tokens: expected 1 to %d, the model's context",
        places,
        config.context());
    this.scope = TorchScope.open();
    this.places = places;
    this.tokens = new int[places];
    try {
      for (LayerShape shape : config.layers()) {
        keys.add(zeros(config, shape));
        values.add(zeros(config, shape));
      }
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  /** What a place takes of the device's memory, over all layers. */
  public static long bytesPerToken(ModelConfig config) {
    return config.layers().stream()
        .mapToLong(shape -> 2L * shape.groups() * config.headSize() * Float.BYTES)
        .sum();
  }

  private NDArray zeros(ModelConfig config, LayerShape shape) {
    return DeviceMemory.need(
        () ->
            String.format(
                Locale.ROOT,
                "the keys and values of %d tokens, %d bytes, do not fit in the device's memory: choose"
                    + " a shorter prompt, a lower ⟨maxTokens⟩ or another ⟨device⟩",
                places,
                places * bytesPerToken(config)),
        () -> scope.zeros(DataType.FLOAT32, shape.groups(), places, config.headSize()));
  }

  /** How many tokens of a sequence it has room for. */
  public int places() {
    return places;
  }

  /** How many tokens of a sequence it holds by now. */
  public int length() {
    return length;
  }

  NDArray keys(int layer) {
    return keys.get(layer);
  }

  NDArray values(int layer) {
    return values.get(layer);
  }

  /** The tokens that it holds. */
  int[] tokens() {
    return Arrays.copyOf(tokens, length);
  }

  /** Takes note of tokens whose keys and values were put in, in every layer. */
  void lengthen(int... more) {
    System.arraycopy(more, 0, tokens, length, more.length);
    length += more.length;
  }

  /** Forgets all of them. */
  void clear() {
    length = 0;
  }

  @Override
  public void close() {
    scope.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Tokens that opening weights are fitted to, and others that are only looked at: one window in
 * eight, or the last of fewer. Windows are numbered as they lie in the text, where neighbours may
 * overlap, so that those that are gathered of many are spread evenly over all.
 *
 * @param fitted in batches
 * @param heldOut in batches
 * @param rest those that are neither
 */
record RefitTokens(List<Batch> fitted, List<Batch> heldOut, Rest rest) {
  private static final int HELD_OUT_OF = 8;

  /**
   * Some tokens.
   *
   * @param inputs of the opening linears, [tokens, hidden], F32
   * @param scale √w of each, [tokens, 1]
   * @param target what the closing linear shall make of them, times √w, [tokens, hidden]
   */
  record Batch(NDArray inputs, NDArray scale, NDArray target) {}

  /** Tokens beyond those that are gathered, of which there may be too many for memory. */
  @FunctionalInterface
  interface Rest {
    /** Hands out all of them, in batches that live until the consumer returns. */
    void each(Consumer<Batch> consumer) throws IOException;
  }

  /**
   * Gathers windows.
   *
   * @param weights the dense sub-layer
   * @param windows how many of all at most
   */
  static RefitTokens of(
      TorchScope scope,
      TokenSource source,
      ShardForward forward,
      SublayerWeights weights,
      int windows)
      throws IOException {
    List<Batch> fittedBatches = new ArrayList<>();
    List<Batch> heldOutBatches = new ArrayList<>();
    Gathering fitted = new Gathering(scope, forward.maxTokens(), fittedBatches::add);
    Gathering heldOut = new Gathering(scope, forward.maxTokens(), heldOutBatches::add);
    int shards = source.shards();
    Spread spread = new Spread(Math.min(windows, source.windows()), source.windows());
    for (int shard = 0; shard < shards; shard++) {
      int number = shard;
      try (TorchScope inner = scope.nested()) {
        TokenSource.Shard states = source.read(inner, shard);
        forward.aims(
            inner,
            states.pruned(),
            states.dense(),
            states.after(),
            states.lengths(),
            window -> spread.takes(number + window * shards),
            weights,
            (window, inputs, aim) ->
                (spread.holdsOut(number + window * shards) ? heldOut : fitted).add(inputs, aim));
        fitted.flush();
        heldOut.flush();
      }
    }
    return new RefitTokens(
        fittedBatches,
        heldOutBatches,
        consumer -> {
          if (spread.taken() < spread.all()) {
            eachOther(scope, source, forward, weights, spread, consumer);
          }
        });
  }

  /** So many of all windows, evenly. */
  record Spread(int taken, int all) {
    /** Whether a window is one of them. */
    boolean takes(int window) {
      return rank(window + 1) > rank(window);
    }

    /** Whether one that is taken is only looked at. */
    boolean holdsOut(int window) {
      return rank(window) % HELD_OUT_OF == HELD_OUT_OF - 1
          || (taken < HELD_OUT_OF && rank(window) == taken - 1);
    }

    /** How many are taken before a window. */
    private long rank(int window) {
      return (long) window * taken / all;
    }
  }

  private static void eachOther(
      TorchScope scope,
      TokenSource source,
      ShardForward forward,
      SublayerWeights weights,
      Spread spread,
      Consumer<Batch> consumer)
      throws IOException {
    for (int shard = 0; shard < source.shards(); shard++) {
      int number = shard;
      try (TorchScope inner = scope.nested()) {
        TokenSource.Shard states = source.read(inner, shard);
        Gathering gathering = new Gathering(inner, forward.maxTokens(), consumer);
        forward.aims(
            inner,
            states.pruned(),
            states.dense(),
            states.after(),
            states.lengths(),
            window -> !spread.takes(number + window * source.shards()),
            weights,
            (window, inputs, aim) -> gathering.add(inputs, aim));
        gathering.flush();
      }
    }
  }

  /** Both. */
  List<Batch> gathered() {
    List<Batch> all = new ArrayList<>(fitted);
    all.addAll(heldOut);
    return all;
  }

  /** Windows put together until they are a batch. */
  private static final class Gathering {
    private final TorchScope scope;
    private final Consumer<Batch> full;
    private final List<Batch> waiting = new ArrayList<>();
    private final int maxTokens;
    private long tokens;

    Gathering(TorchScope scope, int maxTokens, Consumer<Batch> full) {
      this.scope = scope;
      this.maxTokens = maxTokens;
      this.full = full;
    }

    void add(NDArray inputs, DecoderForward.Aim aim) {
      waiting.add(new Batch(inputs, aim.scale(), aim.target()));
      tokens += inputs.getShape().get(0);
      if (tokens >= maxTokens) {
        flush();
      }
    }

    void flush() {
      if (!waiting.isEmpty()) {
        full.accept(
            new Batch(
                joined(waiting.stream().map(Batch::inputs).toList()),
                joined(waiting.stream().map(Batch::scale).toList()),
                joined(waiting.stream().map(Batch::target).toList())));
        waiting.clear();
        tokens = 0;
      }
    }

    private NDArray joined(List<NDArray> parts) {
      return scope.adopt(NDArrays.concat(new NDList(parts), 0));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import io.github.slimbeam.transforms.forward.Batches;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Tokens that opening weights are fitted to, and others that are only looked at: one window in
 * eight, or the last of fewer. Windows are drawn at random, so the first of them are a sample.
 *
 * @param fitted in batches
 * @param heldOut in batches
 */
record RefitTokens(List<Batch> fitted, List<Batch> heldOut) {
  private static final int HELD_OUT_OF = 8;

  /**
   * Some tokens.
   *
   * @param inputs of the opening linears, [tokens, hidden], F32
   * @param scale √w of each, [tokens, 1]
   * @param target what the closing linear shall make of them, times √w, [tokens, hidden]
   */
  record Batch(NDArray inputs, NDArray scale, NDArray target) {}

  /**
   * Gathers the first windows.
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
    Gathering fitted = new Gathering(scope);
    Gathering heldOut = new Gathering(scope);
    int shards = source.shards();
    int all = Math.min(windows, source.windows());
    for (int shard = 0; shard < shards; shard++) {
      int number = shard;
      int count = (all - shard + shards - 1) / shards;
      if (count <= 0) {
        continue;
      }
      try (TorchScope inner = scope.nested()) {
        TokenSource.Shard states = source.read(inner, shard);
        forward.aims(
            inner,
            states.pruned(),
            states.dense(),
            states.after(),
            states.lengths(),
            count,
            weights,
            (window, inputs, aim) -> {
              int index = number + window * shards;
              boolean held =
                  index % HELD_OUT_OF == HELD_OUT_OF - 1 || (all < HELD_OUT_OF && index == all - 1);
              (held ? heldOut : fitted).add(inputs, aim);
            });
        fitted.flush();
        heldOut.flush();
      }
    }
    return new RefitTokens(fitted.batches, heldOut.batches);
  }

  /** Both. */
  List<Batch> all() {
    List<Batch> all = new ArrayList<>(fitted);
    all.addAll(heldOut);
    return all;
  }

  /** Windows put together until they are a batch. */
  private static final class Gathering {
    private final TorchScope scope;
    private final List<Batch> batches = new ArrayList<>();
    private final List<Batch> waiting = new ArrayList<>();
    private long tokens;

    Gathering(TorchScope scope) {
      this.scope = scope;
    }

    void add(NDArray inputs, DecoderForward.Aim aim) {
      waiting.add(new Batch(inputs, aim.scale(), aim.target()));
      tokens += inputs.getShape().get(0);
      if (tokens >= Batches.MAX_TOKENS) {
        flush();
      }
    }

    void flush() {
      if (!waiting.isEmpty()) {
        batches.add(
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

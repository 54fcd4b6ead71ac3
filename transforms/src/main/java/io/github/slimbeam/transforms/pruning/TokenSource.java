// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.List;

/** Where the tokens behind a sub-layer's moments are, for what cannot be made of moments. */
public interface TokenSource {

  /**
   * The states of a shard, window i of which is number shard + i · shards of all.
   *
   * @param lengths tokens of each window
   * @param pruned the pruned model's states before the sub-layer
   * @param dense the dense model's before it
   * @param after the dense model's after it
   */
  record Shard(List<Integer> lengths, NDArray pruned, NDArray dense, NDArray after) {}

  /** No tokens: for methods that moments suffice for. */
  static TokenSource none() {
    return new TokenSource() {
      @Override
      public int shards() {
        return 0;
      }

      @Override
      public int windows() {
        return 0;
      }

      @Override
      public int length() {
        return 1;
      }

      @Override
      public int batchTokens() {
        return 1;
      }

      @Override
      public Shard read(TorchScope scope, int shard) {
        throw new IllegalArgumentException("shard " + shard + " of none");
      }
    };
  }

  /** How many shards there are. */
  int shards();

  /** How many windows there are in all of them. */
  int windows() throws IOException;

  /** Tokens of the longest. */
  int length() throws IOException;

  /** Tokens computed at once, unless one window alone is longer. */
  int batchTokens();

  /** Reads one. */
  Shard read(TorchScope scope, int shard) throws IOException;
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.transforms.pruning.TokenSource;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;

/**
 * The tokens of a sub-layer that is to be pruned, in the model at hand and in the dense one, from
 * the work directory.
 */
record DenseTokens(PruningWork work, SublayerKey sublayer) implements TokenSource {
  @Override
  public int shards() {
    return work.shards();
  }

  @Override
  public int windows() throws IOException {
    int windows = 0;
    for (int shard = 0; shard < shards(); shard++) {
      windows += states(shard).getLengths().size();
    }
    return windows;
  }

  @Override
  public int length() throws IOException {
    int length = 1;
    for (int shard = 0; shard < shards(); shard++) {
      length = states(shard).getLengths().stream().reduce(length, Math::max);
    }
    return length;
  }

  @Override
  public int batchTokens() {
    return work.batchTokens();
  }

  @Override
  public Shard read(TorchScope scope, int shard) throws IOException {
    int stage = HiddenStateFiles.stageEntering(sublayer);
    HiddenStates states = states(shard);
    HiddenStateFiles pruned = work.hiddenStates();
    HiddenStateFiles dense = work.denseStates();
    return new Shard(
        states.getLengths(),
        pruned.read(scope, states),
        stage == 0 ? pruned.read(scope, states) : dense.read(scope, dense.get(stage, shard)),
        dense.read(scope, dense.get(stage + 1, shard)));
  }

  private HiddenStates states(int shard) throws IOException {
    return work.hiddenStates().get(HiddenStateFiles.stageEntering(sublayer), shard);
  }
}

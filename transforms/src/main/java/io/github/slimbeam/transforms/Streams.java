// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.Finished;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import io.github.slimbeam.transforms.work.TileFiles;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/** Of which states moments are taken: those of the model at hand, of the dense one, or both. */
enum Streams {
  /** The model that is being pruned, each token alike. */
  PRUNED {
    @Override
    void fill(TorchScope scope, Shard shard, GramAccumulator sums) throws IOException {
      NDArray states = shard.work().hiddenStates().read(scope, shard.states());
      String where = shard.where();
      if (shard.kind() == SublayerKind.ATTENTION) {
        NDArray outputs =
            shard
                .forward()
                .collectedInputs(
                    scope, states, shard.lengths(), shard.dense(), z -> sums.add(z, where));
        shard.writeOutputs(outputs);
      } else {
        shard
            .forward()
            .closingInputs(states, shard.lengths(), shard.dense(), z -> sums.add(z, where));
      }
      shard.addOpenings(states, sums);
    }
  },
  /** Both: the dense model's states are the target. */
  BOTH {
    @Override
    void fill(TorchScope scope, Shard shard, GramAccumulator sums) throws IOException {
      NDArray states = shard.work().hiddenStates().read(scope, shard.states());
      NDArray outputs =
          shard.kind() == SublayerKind.ATTENTION
              ? shard.forward().inputs(scope, states.getShape().get(0), shard.dense())
              : null;
      ShardForward.TargetConsumer consumer = (z, target) -> sums.add(z, target, shard.where());
      Optional<NDArray> known = shard.denseAfter(scope);
      if (known.isPresent()) {
        shard
            .forward()
            .towards(states, known.get(), outputs, shard.lengths(), shard.dense(), consumer);
      } else {
        shard.write(
            shard
                .forward()
                .alongDense(
                    scope,
                    states,
                    shard.stage() == 0 ? states : shard.dense(scope),
                    outputs,
                    shard.lengths(),
                    shard.dense(),
                    consumer));
      }
      if (outputs != null) {
        shard.writeOutputs(outputs);
      }
      shard.addOpenings(states, sums);
    }

    @Override
    void skip(PruningWork work, SublayerKey key, HiddenStates empty) throws IOException {
      writeEmpty(work, key, empty.getShard());
    }
  },
  /** The dense model alone. */
  DENSE {
    @Override
    void fill(TorchScope scope, Shard shard, GramAccumulator sums) throws IOException {
      NDArray states = shard.dense(scope);
      NDArray after =
          shard
              .forward()
              .alongDense(
                  scope,
                  null,
                  states,
                  null,
                  shard.lengths(),
                  shard.dense(),
                  (z, target) -> sums.add(z, target, shard.where()));
      shard.write(after);
      shard.addOpenings(states, sums);
    }

    @Override
    void skip(PruningWork work, SublayerKey key, HiddenStates empty) throws IOException {
      writeEmpty(work, key, empty.getShard());
    }

    @Override
    TileFiles tiles(PruningWork work) {
      return work.measuredTiles();
    }

    @Override
    boolean isDone(Finished finished, SublayerKey key) throws IOException {
      return finished.hasCurve(key);
    }
  };

  /** A shard's way through a dense sub-layer. */
  record Shard(
      PruningWork work,
      SublayerKey sublayer,
      HiddenStates states,
      Model model,
      SublayerWeights dense) {
    SublayerKind kind() {
      return sublayer.getKind();
    }

    int stage() {
      return HiddenStateFiles.stageEntering(sublayer);
    }

    List<Integer> lengths() {
      return states.getLengths();
    }

    String where() {
      return model.closing(sublayer.getLayer(), kind());
    }

    ShardForward forward() {
      return ShardForward.of(model.config(), work.batchTokens());
    }

    /** The dense stream, which begins as the pruned one does. */
    NDArray dense(TorchScope scope) throws IOException {
      HiddenStateFiles files = work.denseStates();
      return stage() == 0
          ? work.hiddenStates().read(scope, states)
          : files.read(scope, files.get(stage(), states.getShard()));
    }

    /**
     * The dense stream after the sub-layer, where a dense pass left it and it is all that the
     * target takes.
     */
    Optional<NDArray> denseAfter(TorchScope scope) throws IOException {
      HiddenStateFiles files = work.denseStates();
      Optional<HiddenStates> found =
          dense.hasNormAfter() ? Optional.empty() : files.find(stage() + 1, states.getShard());
      return found.isPresent() ? Optional.of(files.read(scope, found.get())) : Optional.empty();
    }

    void write(NDArray after) throws IOException {
      work.denseStates().write(stage() + 1, states.getShard(), lengths(), after);
    }

    void writeOutputs(NDArray outputs) throws IOException {
      work.attentionOutputs().write(sublayer.getLayer(), states.getShard(), outputs);
    }

    void addOpenings(NDArray x, GramAccumulator sums) {
      forward().openingInputs(x, lengths(), dense, sums::addOpening);
    }
  }

  /** Adds up a shard, and writes what later stages need of it. */
  abstract void fill(TorchScope scope, Shard shard, GramAccumulator sums) throws IOException;

  /** Writes what later stages need of a shard without tokens. */
  void skip(PruningWork work, SublayerKey key, HiddenStates empty) throws IOException {}

  private static void writeEmpty(PruningWork work, SublayerKey key, int shard) throws IOException {
    try (TorchScope scope = TorchScope.open(work.device())) {
      NDArray none = scope.zeros(DataType.FLOAT32, 0, work.open().config().hidden());
      work.denseStates().write(1 + HiddenStateFiles.stageEntering(key), shard, List.of(), none);
    }
  }

  /** Where the moments go. */
  TileFiles tiles(PruningWork work) {
    return work.tiles();
  }

  /** Whether nobody needs the moments any more. */
  boolean isDone(Finished finished, SublayerKey key) throws IOException {
    return finished.isPruned(key);
  }

  /** The sums of one shard; whoever asked for them closes them. */
  GramAccumulator sums(TorchScope scope, Shard shard, TileGrid grid) throws IOException {
    GramAccumulator sums = new GramAccumulator(grid, shard.model().config().hidden());
    try {
      fill(scope, shard, sums);
      return sums;
    } catch (IOException | RuntimeException e) {
      sums.close();
      throw e;
    }
  }
}

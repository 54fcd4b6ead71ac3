// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TilePart;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.PruneStep;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.TokenSource;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The chain as one loop over the plain classes: what the transforms must equal. */
final class PlainPruning {
  private PlainPruning() {}

  /** Prunes every sub-layer in turn. */
  static List<PrunedSublayer> run(SmallRun run) throws IOException {
    return run(run, SmallRun.METHOD);
  }

  /** Prunes every sub-layer in turn by this method. */
  static List<PrunedSublayer> run(SmallRun run, PruningMethod method) throws IOException {
    List<PrunedSublayer> all = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      List<NDArray> states = embedded(scope, run);
      for (SublayerTarget target : run.plan().getTargets()) {
        PrunedSublayer pruned =
            prune(run, method, target, tiles(run, states, target.getSublayer()));
        SublayerWeights weights = SublayerWeights.load(scope, run.model(), pruned);
        for (int shard = 0; shard < states.size(); shard++) {
          states.set(shard, forward(scope, run, shard, states.get(shard), weights));
        }
        all.add(pruned);
      }
    }
    return all;
  }

  /** Hidden states of each shard before layer 0. */
  static List<NDArray> embedded(TorchScope scope, SmallRun run) throws IOException {
    List<NDArray> states = new ArrayList<>();
    for (int shard = 0; shard < run.work().shards(); shard++) {
      states.add(new LanguageModel(run.model()).embed(scope, run.shard(shard)));
    }
    return states;
  }

  static NDArray forward(
      TorchScope scope, SmallRun run, int shard, NDArray states, SublayerWeights weights) {
    return ShardForward.of(run.model().config())
        .through(scope, states, lengths(run, shard), weights);
  }

  /** A sum for each shard, then their sum in order, tile by tile. */
  static List<TileReference> tiles(SmallRun run, List<NDArray> states, SublayerKey key)
      throws IOException {
    Map<TileKey, List<TilePart>> parts = new LinkedHashMap<>();
    for (int shard = 0; shard < states.size(); shard++) {
      for (TilePart part : parts(run, states, key, shard)) {
        parts.computeIfAbsent(part.getTile().getKey(), k -> new ArrayList<>()).add(part);
      }
    }
    List<TileReference> tiles = new ArrayList<>();
    for (Map.Entry<TileKey, List<TilePart>> tile : parts.entrySet()) {
      tiles.add(run.work().tiles().merge(tile.getKey(), tile.getValue(), states.size()));
    }
    return tiles;
  }

  /** The sums of one shard. */
  static List<TilePart> parts(SmallRun run, List<NDArray> states, SublayerKey key, int shard)
      throws IOException {
    Model model = run.model();
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights dense = SublayerWeights.load(scope, model, key.getLayer(), key.getKind());
      int width = (int) dense.closing().getShape().get(1);
      ShardForward forward = ShardForward.of(model.config());
      NDArray x = states.get(shard);
      TileGrid grid = new TileGrid(width, run.work().tileSize());
      try (GramAccumulator sums = new GramAccumulator(grid, model.config().hidden())) {
        forward.closingInputs(x, lengths(run, shard), dense, z -> sums.add(z, "plain"));
        sums.addOpening(forward.forward().openingInput(scope, x, dense));
        return run.work().tiles().write(key, shard, sums);
      }
    }
  }

  static PrunedSublayer prune(SmallRun run, SublayerTarget target, List<TileReference> tiles)
      throws IOException {
    return prune(run, SmallRun.METHOD, target, tiles);
  }

  static PrunedSublayer prune(
      SmallRun run, PruningMethod method, SublayerTarget target, List<TileReference> tiles)
      throws IOException {
    return new PruneStep(run.model(), run.work().directory(), run.work().tileSize())
        .run(method, target, tiles, TokenSource.none());
  }

  static List<Integer> lengths(SmallRun run, int shard) {
    return run.shard(shard).stream().map(s -> s.getTokens().size()).toList();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TilePart;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.output.PrunedModelDirectory;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.PruneStep;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.pruning.TokenSource;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.TileFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * The prune job without Beam: the same plain classes, files and order in one loop. What Beam costs
 * is the difference: {@code PlainLoop MODEL WINDOWS.jsonl WORK OUTPUT RATIO}.
 */
public final class PlainLoop {
  private static final int SHARDS = 16;

  private final Storage storage = new FileSystemsStorage();
  private final Model model;
  private final HiddenStateFiles states;
  private final TileFiles tiles;
  private final PruneStep step;

  private PlainLoop(String directory, String work) throws IOException {
    this.model = Model.open(storage, directory);
    this.states = HiddenStateFiles.pruned(storage, work);
    this.tiles = TileFiles.pruned(storage, work);
    this.step = new PruneStep(model, work, TileGrid.DEFAULT_TILE_SIZE);
  }

  public static void main(String[] args) throws IOException {
    PlainLoop loop = new PlainLoop(args[0], args[2]);
    PruningPlan plan =
        Plans.of(loop.model.config(), RatioSchedule.LOGARITHMIC, Double.parseDouble(args[4]));
    loop.write(loop.prune(windows(args[1]), plan), plan, args[3]);
  }

  private List<PrunedSublayer> prune(List<TokenSequence> windows, PruningPlan plan)
      throws IOException {
    for (int shard = 0; shard < SHARDS; shard++) {
      int number = shard;
      List<TokenSequence> mine =
          windows.stream().filter(w -> w.getIndex() % SHARDS == number).toList();
      try (TorchScope scope = TorchScope.open()) {
        List<Integer> lengths = mine.stream().map(w -> w.getTokens().size()).toList();
        states.write(0, shard, lengths, new LanguageModel(model).embed(scope, mine));
      }
    }
    List<PrunedSublayer> pruned = new ArrayList<>();
    for (SublayerTarget target : plan.getTargets()) {
      List<TileReference> references = accumulate(target.getSublayer());
      pruned.add(step.run(SlimGpt.defaults(), target, references, TokenSource.none()));
      tiles.delete(target.getSublayer());
      if (pruned.size() < plan.getTargets().size()) {
        forward(pruned.get(pruned.size() - 1));
      }
    }
    return pruned;
  }

  private List<TileReference> accumulate(SublayerKey key) throws IOException {
    int stage = HiddenStateFiles.stageEntering(key);
    Map<TileKey, List<TilePart>> parts = new LinkedHashMap<>();
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights dense = SublayerWeights.load(scope, model, key.getLayer(), key.getKind());
      int width = (int) dense.closing().getShape().get(1);
      TileGrid grid = new TileGrid(width, TileGrid.DEFAULT_TILE_SIZE);
      for (int shard = 0; shard < SHARDS; shard++) {
        HiddenStates entering = states.get(stage, shard);
        try (TorchScope inner = TorchScope.open();
            GramAccumulator sums = new GramAccumulator(grid, model.config().hidden())) {
          NDArray x = states.read(inner, entering);
          ShardForward forward = ShardForward.of(model.config());
          forward.closingInputs(x, entering.getLengths(), dense, z -> sums.add(z, key.toString()));
          sums.addOpening(forward.forward().openingInput(inner, x, dense));
          for (TilePart part : tiles.write(key, shard, sums)) {
            parts.computeIfAbsent(part.getTile().getKey(), k -> new ArrayList<>()).add(part);
          }
        }
      }
    }
    List<TileReference> merged = new ArrayList<>();
    for (Map.Entry<TileKey, List<TilePart>> tile : parts.entrySet()) {
      merged.add(tiles.merge(tile.getKey(), tile.getValue(), SHARDS));
    }
    return merged;
  }

  private void forward(PrunedSublayer sublayer) throws IOException {
    int stage = HiddenStateFiles.stageEntering(sublayer.getReport().getSublayer());
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights weights = SublayerWeights.load(scope, model, sublayer);
      for (int shard = 0; shard < SHARDS; shard++) {
        HiddenStates entering = states.get(stage, shard);
        try (TorchScope inner = TorchScope.open()) {
          NDArray x = states.read(inner, entering);
          NDArray after =
              ShardForward.of(model.config()).through(inner, x, entering.getLengths(), weights);
          states.write(stage + 1, shard, entering.getLengths(), after);
        }
        states.delete(stage - 1, shard);
      }
    }
  }

  private void write(List<PrunedSublayer> pruned, PruningPlan plan, String output)
      throws IOException {
    PrunedCheckpoint checkpoint = new PrunedCheckpoint(model, pruned, PrunedCheckpoint.MAX_FILE);
    PrunedModelDirectory directory = new PrunedModelDirectory(storage, output + ".partial", output);
    for (PrunedCheckpoint.WeightFile file : checkpoint.files()) {
      directory.write(file);
    }
    directory.finish(
        model,
        checkpoint,
        new PruningRecord(
            model.checkpoint().directory(),
            List.of(
                PrunedModelDirectory.hash(
                    storage, model.checkpoint().directory(), "model.safetensors")),
            new PruningRecipe("slimgpt", List.of()),
            plan.getSchedule(),
            null,
            new CalibrationDigest(0L, ""),
            0L,
            0L,
            Plans.removedShare(model.config(), plan),
            pruned.stream().map(PrunedSublayer::getReport).toList(),
            List.of()),
        Optional.empty());
  }

  private static List<TokenSequence> windows(String path) throws IOException {
    List<String> lines = Files.readAllLines(Path.of(path));
    List<TokenSequence> windows = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      JsonNode ids = new ObjectMapper().readTree(lines.get(i)).get("input_ids");
      windows.add(
          new TokenSequence(
              i, IntStream.range(0, ids.size()).map(j -> ids.get(j).asInt()).boxed().toList()));
    }
    return windows;
  }
}

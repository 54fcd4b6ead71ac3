// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a pruning run begins with: a small model of two layers, a fresh work directory beside it, 14
 * random windows, and a plan that removes half of everything.
 */
record SmallRun(Model model, PruningWork work, List<TokenSequence> windows, PruningPlan plan) {
  static final PruningMethod METHOD = SlimGpt.defaults();

  static SmallRun in(Path directory) throws IOException {
    return of(
        SmallModel.llama().withLayers(2).writeTo(directory.resolve("model")), directory.toString());
  }

  /** The same on a drive in memory, model and work. */
  static SmallRun on(MemoryDrive drive) throws IOException {
    FileSystemsStorage storage = new FileSystemsStorage();
    SmallModel small = SmallModel.llama().withLayers(2);
    storage.writeText(drive.path("model/config.json"), small.config().toPrettyString());
    storage.write(
        drive.path("model/model.safetensors"),
        channel -> SafetensorsWriter.write(channel, Map.of("format", "pt"), small.tensors()));
    return of(Model.open(storage, drive.path("model")), drive.path("work"));
  }

  static SmallRun of(Model model, String parent) {
    return new SmallRun(
        model,
        PruningWork.of(model.checkpoint().storage(), model.checkpoint().directory(), parent)
            .withShards(3)
            .withTileSize(10),
        windows(14, 12),
        Plans.of(
            model.config(),
            "uniform",
            RatioSchedule.UNIFORM.withMean(model.config().layers().size(), 0.5, Double.NaN)));
  }

  SmallRun withShards(int shards) {
    return new SmallRun(model, work.withShards(shards), windows, plan);
  }

  /** A run of its own on the same model. */
  SmallRun again() {
    return of(model, work.directory().substring(0, work.directory().lastIndexOf('/')));
  }

  /** A later submission of this run. */
  SmallRun submittedAgain() throws IOException {
    PruningWork later =
        PruningWork.at(work.storage(), work.model(), work.directory())
            .withShards(work.shards())
            .withTileSize(work.tileSize());
    return new SmallRun(model, later, windows, plan);
  }

  SublayerTarget target(int layer, SublayerKind kind) {
    SublayerKey key = new SublayerKey(layer, kind);
    return plan.getTargets().stream()
        .filter(t -> t.getSublayer().equals(key))
        .findFirst()
        .orElseThrow();
  }

  /** The windows that a shard holds. */
  List<TokenSequence> shard(int number) {
    return windows.stream().filter(w -> w.getIndex() % work.shards() == number).toList();
  }

  /** Windows of ids below 32; every third is shorter. */
  static List<TokenSequence> windows(int count, int length) {
    Random random = new Random(11);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new TokenSequence(
                    i,
                    Stream.generate(() -> random.nextInt(32))
                        .limit(i % 3 == 2 ? length - 5 : length)
                        .toList()))
        .toList();
  }
}

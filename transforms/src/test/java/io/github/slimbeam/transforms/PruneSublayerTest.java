package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PruneSublayerTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void equalsThePlainStepAndLeavesNoTiles(SublayerKind kind) throws IOException {
    SmallRun run = SmallRun.in(directory);
    PrunedSublayer plain = PlainPruning.prune(run.again(), run.target(0, kind), tiles(run, kind));
    Pipeline pipeline = Pipeline.create();
    PAssert.thatSingleton(prune(pipeline, run, run.plan(), kind))
        .satisfies(
            pruned -> {
              assertThat(placeless(pruned)).isEqualTo(placeless(plain));
              return null;
            });
    pipeline.run();
    assertThat(new FileSystemsStorage().list(run.work().directory() + "/moments/**")).isEmpty();
  }

  @Test
  void repeatsWhatAFormerAttemptFinished() throws IOException {
    SmallRun run = SmallRun.in(directory);
    SublayerKind kind = SublayerKind.FFN;
    PrunedSublayer finished = PlainPruning.prune(run, run.target(0, kind), tiles(run, kind));
    PruningPlan other =
        new PruningPlan(
            "another",
            run.plan().getTargets().stream()
                .map(t -> SublayerTarget.newBuilder(t).setRemoved(1).build())
                .toList());
    Pipeline pipeline = Pipeline.create();
    PAssert.thatSingleton(prune(pipeline, run, other, kind)).isEqualTo(finished);
    pipeline.run();
  }

  @Test
  void namesTheSublayerThatThePlanLeavesOut() throws IOException {
    SmallRun run = SmallRun.in(directory);
    PruningPlan without =
        new PruningPlan(
            "none",
            run.plan().getTargets().stream()
                .filter(t -> t.getSublayer().getKind() == SublayerKind.ATTENTION)
                .toList());
    Pipeline pipeline = Pipeline.create();
    prune(pipeline, run, without, SublayerKind.FFN);
    assertThatThrownBy(pipeline::run)
        .hasCauseInstanceOf(BadInputException.class)
        .hasStackTraceContaining(
            "the pruning plan names " + new SublayerKey(0, SublayerKind.FFN) + " 0 times");
  }

  private static Map<TileKey, GramTile> tiles(SmallRun run, SublayerKind kind) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      return PlainPruning.tiles(run, PlainPruning.embedded(scope, run), new SublayerKey(0, kind));
    }
  }

  private static PCollection<PrunedSublayer> prune(
      Pipeline pipeline, SmallRun run, PruningPlan plan, SublayerKind kind) throws IOException {
    List<KV<TileKey, GramTile>> tiles = new ArrayList<>();
    tiles(run, kind).forEach((key, tile) -> tiles.add(KV.of(key, tile)));
    return pipeline
        .apply(
            "Tiles",
            Create.of(tiles)
                .withCoder(KvCoder.of(AvroCoder.of(TileKey.class), AvroCoder.of(GramTile.class))))
        .apply(
            PruneSublayer.by(
                SmallRun.METHOD,
                run.work(),
                pipeline
                    .apply("Plan", Create.of(plan).withCoder(AvroCoder.of(PruningPlan.class)))
                    .apply("View", View.asSingleton())));
  }

  /**
   * Without path and seconds, the error to nine digits since sums may be taken in another order;
   * the checksum stands for the weights.
   */
  static PrunedSublayer placeless(PrunedSublayer pruned) {
    return new PrunedSublayer(
        SublayerReport.newBuilder(pruned.getReport())
            .setSeconds(0)
            .setReconstructionError(Math.rint(pruned.getReport().getReconstructionError() * 1e9))
            .build(),
        TensorReference.newBuilder(pruned.getWeight()).setPath("").build(),
        pruned.getBias());
  }
}

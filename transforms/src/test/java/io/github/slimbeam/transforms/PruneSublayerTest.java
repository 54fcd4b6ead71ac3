// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.Magnitude;
import io.github.slimbeam.transforms.pruning.RandomUnits;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
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
    assertThat(new FileSystemsStorage().list(run.work().directory(), "moments/**")).isEmpty();
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

  /** Magnitude's scores are the squared norms of the columns, and the lowest of 24 go. */
  @Test
  void reportsHowTheScoresWereDistributed() throws IOException {
    SmallRun run = SmallRun.in(directory);
    SublayerKind kind = SublayerKind.FFN;
    List<Double> scores = new ArrayList<>(squaredNorms(run.model(), kind));
    SublayerReport report =
        PlainPruning.prune(run, new Magnitude(), run.target(0, kind), tiles(run, kind)).getReport();
    List<Double> kept = report.getKept().stream().map(scores::get).sorted().toList();
    List<Double> removed = new ArrayList<>(scores);
    removed.removeAll(kept);
    Collections.sort(removed);
    assertThat(kept).hasSize(12);
    assertThat(removed).hasSize(12);
    for (int part = 0; part <= 16; part++) {
      assertThat(report.getKeptScores().get(part)).isCloseTo(at(kept, part), within(1e-9));
      assertThat(report.getRemovedScores().get(part)).isCloseTo(at(removed, part), within(1e-9));
    }
    assertThat(report.getKeptScores()).hasSize(17);
    assertThat(report.getRemovedScores()).hasSize(17);
  }

  @Test
  void reportsNoScoresWhereNothingWasRemovedOrTheMethodHasNone() throws IOException {
    SmallRun run = SmallRun.in(directory);
    SublayerKind kind = SublayerKind.ATTENTION;
    SublayerTarget none = SublayerTarget.newBuilder(run.target(0, kind)).setRemoved(0).build();
    PrunedSublayer whole = PlainPruning.prune(run.again(), none, tiles(run, kind));
    PrunedSublayer random =
        PlainPruning.prune(run.again(), new RandomUnits(1), run.target(0, kind), tiles(run, kind));
    for (PrunedSublayer pruned : List.of(whole, random)) {
      assertThat(pruned.getReport().getKeptScores()).isEmpty();
      assertThat(pruned.getReport().getRemovedScores()).isEmpty();
    }
  }

  private static List<Double> squaredNorms(Model model, SublayerKind kind) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      NDArray weight = model.load(scope, model.closing(0, kind)).toType(DataType.FLOAT64, false);
      return Arrays.stream(weight.square().sum(new int[] {0}).toDoubleArray()).boxed().toList();
    }
  }

  private static double at(List<Double> sorted, int part) {
    double place = part / 16.0 * (sorted.size() - 1);
    double below = sorted.get((int) Math.floor(place));
    double above = sorted.get((int) Math.ceil(place));
    return below + (place - Math.floor(place)) * (above - below);
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

  private static List<TileReference> tiles(SmallRun run, SublayerKind kind) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      return PlainPruning.tiles(run, PlainPruning.embedded(scope, run), new SublayerKey(0, kind));
    }
  }

  private static PCollection<PrunedSublayer> prune(
      Pipeline pipeline, SmallRun run, PruningPlan plan, SublayerKind kind) throws IOException {
    List<KV<SublayerKey, TileReference>> tiles =
        tiles(run, kind).stream().map(tile -> KV.of(new SublayerKey(0, kind), tile)).toList();
    return pipeline
        .apply(
            "Tiles",
            Create.of(tiles)
                .withCoder(
                    KvCoder.of(
                        AvroCoder.specific(SublayerKey.class),
                        AvroCoder.specific(TileReference.class))))
        .apply(
            PruneSublayer.by(
                SmallRun.METHOD,
                run.work(),
                pipeline
                    .apply("Plan", Create.of(plan).withCoder(AvroCoder.specific(PruningPlan.class)))
                    .apply("View", View.asSingleton())));
  }

  /** Without path and seconds; the checksum stands for the weights. */
  static PrunedSublayer placeless(PrunedSublayer pruned) {
    return new PrunedSublayer(
        SublayerReport.newBuilder(pruned.getReport()).setSeconds(0).build(),
        TensorReference.newBuilder(pruned.getWeight()).setPath("").build(),
        pruned.getBias(),
        pruned.getOpenings());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.output.KeptUnits;
import io.github.slimbeam.transforms.output.PruningJson;
import io.github.slimbeam.transforms.planning.GlobalAllocation;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.GivenUnits;
import io.github.slimbeam.transforms.pruning.Recovery;
import io.github.slimbeam.transforms.pruning.Refit;
import io.github.slimbeam.transforms.pruning.Refitting;
import io.github.slimbeam.transforms.pruning.SlimBeam;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.pruning.Target;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Count;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole runs of our own method. */
class SlimBeamTest {
  private static final double RATIO = 0.4;

  @TempDir private Path directory;

  /** Its parts taken away, it is SlimGPT. */
  @Test
  void towardsItselfWithoutRefitItIsSlimGptToTheBit() throws IOException {
    SmallRun run = SmallRun.in(directory);
    Path paper =
        prune(run, Combination.of(SlimGpt.defaults()), PlanRequest.of("logarithmic", RATIO));
    Combination ours =
        new Combination(
            new SlimBeam(SlimGpt.defaults()),
            Recovery.COMPENSATION,
            Target.SELF,
            Refitting.of(Refit.NONE));
    assertThat(prune(run, ours, PlanRequest.of("logarithmic", RATIO)).resolve("model.safetensors"))
        .hasSameBinaryContentAs(paper.resolve("model.safetensors"));
  }

  @Test
  void removingNothingGivesTheDenseWeights() throws IOException {
    SmallRun run = SmallRun.in(directory);
    Path same = prune(run, Combination.of(SlimBeam.defaults()), PlanRequest.of("global", 0));
    Model pruned = Model.open(ExampleModel.STORAGE, same.toString());
    try (TorchScope scope = TorchScope.open()) {
      for (String name : run.model().checkpoint().tensors().keySet()) {
        assertThat(pruned.load(scope, name).toFloatArray())
            .as(name)
            .containsExactly(run.model().load(scope, name).toFloatArray());
      }
    }
  }

  /**
   * On the calibration windows, which the dense target is good for; and tokens enough for a refit.
   */
  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void isNearerToTheDenseModelThanSlimGptInEveryFamily(FamilyFixture fixture) throws IOException {
    SmallRun few = SmallRun.of(fixture.open(), directory.toString());
    SmallRun run = new SmallRun(few.model(), few.work(), SmallRun.windows(120, 12), few.plan());
    List<PrunedSublayer> paper =
        PlainPruning.run(new SmallRun(few.model(), few.again().work(), run.windows(), run.plan()));
    Path ours = prune(run, Combination.of(SlimBeam.defaults()), PlanPruning.as(run.plan()));
    List<TokenSequence> batch =
        run.windows().stream().filter(w -> w.getTokens().size() == 12).toList();
    try (TorchScope scope = TorchScope.open()) {
      NDArray dense = MaskedModel.logits(scope, run.model(), batch);
      Model pruned = Model.open(ExampleModel.STORAGE, ours.toString());
      assertThat(distance(MaskedModel.logits(scope, pruned, batch), dense))
          .as("%s", fixture)
          .isLessThan(distance(MaskedModel.logits(scope, run.model(), paper, batch), dense));
    }
    assertThat(record(ours).getSublayers())
        .as("a refit of %s", fixture)
        .anySatisfy(
            sublayer ->
                assertThat(sublayer.getRefitHeldOut())
                    .hasSizeGreaterThan(1)
                    .isSortedAccordingTo(Comparator.reverseOrder()));
  }

  /** One whose heads cannot go, and two whose can. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "olmo2", "gemma2"})
  void theGlobalPlanMeetsTheRatio(String family) throws IOException {
    SmallRun run = SmallRun.of(new FamilyFixture(family).open(), directory.toString());
    Path pruned = prune(run, Combination.of(SlimBeam.defaults()), PlanRequest.of("global", RATIO));
    assertThat(record(pruned).getRemovedShare()).isBetween(RATIO - 0.05, RATIO + 0.05);
    Model model = Model.open(ExampleModel.STORAGE, pruned.toString());
    if (!run.model().config().isPrunable(SublayerKind.ATTENTION)) {
      assertThat(model.config().layers())
          .allSatisfy(shape -> assertThat(shape.heads()).isEqualTo(4));
    }
  }

  @Test
  void curvesBeginAtNothingAndRise() throws IOException {
    SmallRun run = SmallRun.in(directory);
    Pipeline pipeline = Pipeline.create(options());
    PAssert.thatSingleton(
            pipeline
                .apply(Create.of(run.windows()).withCoder(AvroCoder.specific(TokenSequence.class)))
                .apply(EmbedTokens.into(run.work()))
                .apply(MeasureRemovals.by(SlimGpt.defaults(), run.work(), 2))
                .apply(Count.globally()))
        .isEqualTo(4L);
    pipeline.run().waitUntilFinish();
    for (SublayerTarget target : run.plan().getTargets()) {
      RemovalCurve curve = run.work().finished().curve(target.getSublayer()).orElseThrow();
      int last = curve.getRemoved().size() - 1;
      assertThat(curve.getErrors()).isSorted();
      assertThat(curve.getErrors().get(0)).isZero();
      assertThat(curve.getErrors().get(last)).isPositive();
      assertThat(curve.getRemoved().get(last))
          .isEqualTo(
              GlobalAllocation.most(run.model().config(), target.getSublayer()).getRemoved());
    }
  }

  /** As SlimGPT makes them while it selects, solved for once: the same but for rounding to F32. */
  @Test
  void theUnitsThatAnotherRunKeptGetTheWeightsThatItMade() throws IOException {
    SmallRun run =
        SmallRun.of(
            SmallModel.llama()
                .withLayers(2)
                .withDtype(DType.F32)
                .writeTo(directory.resolve("model")),
            directory.toString());
    Path paper = prune(run, Combination.of(SlimGpt.defaults()), PlanPruning.as(run.plan()));
    Combination solved =
        new Combination(
            new GivenUnits(), Recovery.COMPENSATION, Target.SELF, Refitting.of(Refit.CLOSING));
    PruningPlan kept = KeptUnits.plan(ExampleModel.STORAGE, paper.toString(), run.model().config());
    Path given = prune(run.again(), solved, PlanPruning.as(kept));
    assertThat(record(given).getSublayers().stream().map(SublayerReport::getKept))
        .containsExactlyElementsOf(
            record(paper).getSublayers().stream().map(SublayerReport::getKept).toList());
    Model expected = Model.open(ExampleModel.STORAGE, paper.toString());
    Model found = Model.open(ExampleModel.STORAGE, given.toString());
    try (TorchScope scope = TorchScope.open()) {
      for (String name : expected.checkpoint().tensors().keySet()) {
        assertThat(found.load(scope, name).toFloatArray())
            .as(name)
            .containsExactly(expected.load(scope, name).toFloatArray(), within(1e-4f));
      }
    }
  }

  private Path prune(SmallRun run, Combination method, PlanRequest request) throws IOException {
    SmallRun again = run.again();
    int layers = run.model().config().layers().size();
    return prune(
        again,
        method,
        PlanPruning.by(request, again.work()).eliminatingBy(method.elimination(), layers));
  }

  private Path prune(SmallRun run, Combination method, PlanPruning planning) throws IOException {
    Path output = Files.createTempDirectory(directory, "pruned").resolve("model");
    Pipeline pipeline = Pipeline.create(options());
    pipeline
        .apply(Create.of(run.windows()).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(
            PruneModel.in(
                run.work(),
                method,
                planning,
                run.model().config().layers().size(),
                output.toString()));
    pipeline.run().waitUntilFinish();
    return output;
  }

  private static PruningRecord record(Path pruned) throws IOException {
    return PruningJson.read(ExampleModel.STORAGE, pruned.toString());
  }

  private static PipelineOptions options() {
    return PipelineOptionsFactory.fromArgs(
            "--enforceImmutability=false", "--enforceEncodability=false")
        .create();
  }

  private static double distance(NDArray one, NDArray other) {
    NDArray difference = one.sub(other);
    return difference.mul(difference).mean().getFloat();
  }
}

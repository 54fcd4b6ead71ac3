// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.OutputHead;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PlannedSublayers;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.Schedule;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.Flap;
import io.github.slimbeam.transforms.pruning.Magnitude;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.RandomUnits;
import io.github.slimbeam.transforms.pruning.Recovery;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.pruning.SlimLlm;
import io.github.slimbeam.transforms.pruning.Wanda;
import io.github.slimbeam.transforms.statistics.LayerDescription;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every method on every family: what is written computes what was decided. */
class FamilyPruningTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void everyMethodGivesAModelThatComputesWhatItDecided(FamilyFixture fixture) throws IOException {
    for (PruningMethod method :
        List.of(
            SlimGpt.defaults(),
            SlimLlm.defaults(),
            new Flap(),
            new Wanda(),
            new Magnitude(),
            new RandomUnits(3))) {
      assertComputesTheSame(fixture, Combination.of(method), method.name());
    }
  }

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void everyRecoveryGivesAModelThatComputesWhatItDecided(FamilyFixture fixture) throws IOException {
    for (Recovery recovery : Recovery.values()) {
      assertComputesTheSame(
          fixture, new Combination(new Magnitude(), recovery), recovery.optionName());
    }
  }

  /** At 0.2, which OLMo's channels can give alone. */
  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void everyScheduleMeetsTheRatio(FamilyFixture fixture) throws IOException {
    Model model = fixture.open();
    List<LayerStatistics> statistics = LayerDescription.of(model, SmallRun.windows(6, 12));
    for (Schedule schedule : Schedule.values()) {
      PlanRequest request = PlanRequest.of(schedule.optionName(), 0.2);
      if (request.needsCurves()) {
        continue;
      }
      PruningPlan plan =
          request.needsData() ? request.plan(model, statistics) : request.plan(model);
      assertThat(Plans.removedShare(model.config(), plan))
          .as("%s of %s", schedule, fixture)
          .isBetween(0.12, 0.28);
      if (!model.config().isPrunable(SublayerKind.ATTENTION)) {
        assertThat(Plans.shapes(model.config(), plan))
            .allSatisfy(shape -> assertThat(shape.heads()).isEqualTo(4));
      }
    }
  }

  private void assertComputesTheSame(FamilyFixture fixture, Combination method, String name)
      throws IOException {
    SmallRun run = SmallRun.of(fixture.open(), directory.resolve(name).toString());
    Model dense = run.model();
    List<PrunedSublayer> pruned = PlainPruning.run(run, method);
    PrunedCheckpoint checkpoint = new PrunedCheckpoint(dense, pruned, PrunedCheckpoint.MAX_FILE);
    Model reopened = written(checkpoint, directory.resolve(name + "-pruned"));
    assertThat(Plans.removedShare(dense.config(), run.plan())).as("the ratio").isBetween(0.4, 0.6);
    assertThat(reopened.config().layers()).isEqualTo(Plans.shapes(dense.config(), run.plan()));
    assertThat(reopened.config().parameters(reopened.config().layers()))
        .as("parameters told before")
        .isEqualTo(
            new PrunedCheckpoint(
                    dense,
                    PlannedSublayers.of(dense, run.plan(), method.recovery().makesBias()),
                    PrunedCheckpoint.MAX_FILE)
                .parameters())
        .isEqualTo(
            reopened.checkpoint().tensors().values().stream()
                .filter(tensor -> !reopened.config().isCarried(tensor.name()))
                .mapToLong(TensorEntry::elements)
                .sum());
    List<TokenSequence> batch = MaskedModel.sequences(3);
    try (TorchScope scope = TorchScope.open()) {
      NDArray expected = logits(scope, dense, pruned, batch);
      float scale = Math.max(1, expected.abs().max().getFloat());
      assertThat(MaskedModel.distance(MaskedModel.logits(scope, reopened, batch), expected) / scale)
          .as("%s of %s", name, fixture)
          .isLessThan(1e-5f);
    }
  }

  private static Model written(PrunedCheckpoint checkpoint, Path place) throws IOException {
    Storage storage = ExampleModel.STORAGE;
    storage.writeText(
        place.resolve("config.json").toString(), checkpoint.config().toPrettyString());
    storage.write(
        place.resolve("model.safetensors").toString(),
        channel -> checkpoint.files().get(0).writeTo(channel));
    return Model.open(storage, place.toString());
  }

  /** As the run itself goes on from sub-layer to sub-layer. */
  private static NDArray logits(
      TorchScope scope, Model dense, List<PrunedSublayer> pruned, List<TokenSequence> batch)
      throws IOException {
    Map<SublayerKey, PrunedSublayer> byKey =
        pruned.stream().collect(Collectors.toMap(p -> p.getReport().getSublayer(), p -> p));
    NDArray x = new LanguageModel(dense).embed(scope, batch);
    for (int layer = 0; layer < dense.config().layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        x =
            new DecoderForward(dense.config())
                .forward(
                    scope,
                    x,
                    batch.size(),
                    SublayerWeights.load(scope, dense, byKey.get(new SublayerKey(layer, kind))));
      }
    }
    return OutputHead.load(scope, dense).logits(scope, x);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.statistics.LayerDescription;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(TestPipelineExtension.class)
class PlanPruningTest {
  @TempDir private Path directory;

  @Test
  void aKnownPlanIsHandedOn(TestPipeline pipeline) throws IOException {
    SmallRun run = SmallRun.in(directory);
    PAssert.thatSingleton(plan(pipeline, run, PlanPruning.as(run.plan()))).isEqualTo(run.plan());
    pipeline.run();
  }

  @Test
  void aFormulaMakesItsPlan(TestPipeline pipeline) throws IOException {
    SmallRun run = SmallRun.in(directory);
    PlanPruning planning = PlanPruning.by(PlanRequest.of("linear", 0.4), run.work());
    PAssert.thatSingleton(plan(pipeline, run, planning))
        .isEqualTo(Plans.of(run.model().config(), RatioSchedule.LINEAR, 0.4));
    pipeline.run();
  }

  @ParameterizedTest
  @ValueSource(strings = {"similarity", "flap"})
  void aScheduleThatFollowsTheDataMakesThePlanOfThePlainDescription(
      String schedule, TestPipeline pipeline) throws IOException {
    SmallRun run = SmallRun.in(directory);
    PlanRequest request = PlanRequest.of(schedule, 0.4);
    PruningPlan plain = request.plan(run.model(), LayerDescription.of(run.model(), run.windows()));
    PAssert.thatSingleton(plan(pipeline, run, PlanPruning.by(request, run.work())))
        .satisfies(
            plan -> {
              assertThat(plan.getSchedule()).isEqualTo(schedule);
              assertThat(plan.getTargets()).hasSize(4);
              for (int i = 0; i < 4; i++) {
                check(plan.getTargets().get(i), plain.getTargets().get(i));
              }
              return null;
            });
    pipeline.run();
  }

  private static void check(SublayerTarget actual, SublayerTarget plain) {
    assertThat(actual.getSublayer()).isEqualTo(plain.getSublayer());
    assertThat(actual.getUnits()).isEqualTo(plain.getUnits());
    assertThat(actual.getRemoved()).isEqualTo(plain.getRemoved());
    // The dense pass is F32, and sums in another order for other batches.
    assertThat(actual.getRatio()).isCloseTo(plain.getRatio(), within(1e-5));
  }

  private static PCollection<PruningPlan> plan(
      TestPipeline pipeline, SmallRun run, PlanPruning planning) {
    List<TokenSequence> windows = run.windows();
    return pipeline
        .apply(Create.of(windows).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(planning);
  }
}

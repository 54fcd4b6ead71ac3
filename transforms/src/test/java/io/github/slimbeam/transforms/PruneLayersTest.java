// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneLayersTest {
  /** What a pipeline that failed in another test has not given back. */
  private final int inUse = SharedWeights.inUse();

  @TempDir private Path directory;

  @Test
  void equalsThePlainLoopBitForBit() throws IOException {
    SmallRun run = SmallRun.in(directory);
    List<PrunedSublayer> expected = new ArrayList<>();
    PlainPruning.run(run.again()).forEach(p -> expected.add(PruneSublayerTest.placeless(p)));
    expect(run, expected);
    assertThat(SharedWeights.inUse()).isEqualTo(inUse);
  }

  @Test
  void takesTheStatisticsOfAnFfnAfterItsAttentionWasPruned() throws IOException {
    SmallRun run = SmallRun.in(directory);
    SublayerKey ffn = new SublayerKey(0, SublayerKind.FFN);
    PrunedSublayer afterDense;
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights attention =
          SublayerWeights.load(scope, run.model(), 0, SublayerKind.ATTENTION);
      List<NDArray> states = PlainPruning.embedded(scope, run);
      for (int i = 0; i < states.size(); i++) {
        states.set(i, PlainPruning.forward(scope, run, i, states.get(i), attention));
      }
      afterDense =
          PlainPruning.prune(
              run.again(), run.target(0, SublayerKind.FFN), PlainPruning.tiles(run, states, ffn));
    }
    PrunedSublayer afterPruned = PlainPruning.run(run.again()).get(1);
    // The two orders give different weights, so the test above tells them apart.
    assertThat(afterPruned.getReport().getSublayer()).isEqualTo(ffn);
    assertThat(afterDense.getWeight().getChecksum())
        .isNotEqualTo(afterPruned.getWeight().getChecksum());
  }

  private static void expect(SmallRun run, List<PrunedSublayer> expected) {
    Pipeline pipeline = Pipeline.create();
    PCollection<PrunedSublayer> pruned =
        pipeline
            .apply(Create.of(run.windows()).withCoder(AvroCoder.specific(TokenSequence.class)))
            .apply(EmbedTokens.into(run.work()))
            .apply(
                PruneLayers.by(
                    SmallRun.METHOD,
                    run.work(),
                    pipeline
                        .apply(
                            "Plan",
                            Create.of(run.plan()).withCoder(AvroCoder.specific(PruningPlan.class)))
                        .apply("View", View.asSingleton()),
                    2));
    PAssert.that(pruned)
        .satisfies(
            all -> {
              List<PrunedSublayer> found = new ArrayList<>();
              all.forEach(p -> found.add(PruneSublayerTest.placeless(p)));
              assertThat(found).containsExactlyInAnyOrderElementsOf(expected);
              return null;
            });
    pipeline.run();
  }
}

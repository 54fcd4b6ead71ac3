// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Through the FFN of layer 0: from stage 1 to stage 2. */
@ExtendWith(TestPipelineExtension.class)
class ForwardSublayerTest {
  private static final SublayerKey FFN = new SublayerKey(0, SublayerKind.FFN);

  /** What a pipeline that failed in another test has not given back. */
  private final int inUse = SharedWeights.inUse();

  @TempDir private Path directory;
  private SmallRun run;
  private HiddenStateFiles files;
  private PrunedSublayer pruned;
  private final List<String> checksums = new ArrayList<>();

  @BeforeEach
  void prunePlainly() throws IOException {
    run = SmallRun.in(directory);
    files = run.work().hiddenStates();
    try (TorchScope scope = TorchScope.open()) {
      List<NDArray> states = PlainPruning.embedded(scope, run);
      pruned =
          PlainPruning.prune(
              run, run.target(0, SublayerKind.FFN), PlainPruning.tiles(run, states, FFN));
      SublayerWeights weights = SublayerWeights.load(scope, run.model(), pruned);
      HiddenStateFiles elsewhere = run.again().work().hiddenStates();
      for (int i = 0; i < states.size(); i++) {
        List<Integer> lengths = PlainPruning.lengths(run, i);
        files.write(0, i, lengths, states.get(i));
        files.write(1, i, lengths, states.get(i));
        NDArray after = PlainPruning.forward(scope, run, i, states.get(i), weights);
        checksums.add(elsewhere.write(2, i, lengths, after).getStates().getChecksum());
      }
    }
  }

  @Test
  void equalsThePlainForwardAndDropsTheStatesTwoStagesBack(TestPipeline pipeline)
      throws IOException {
    expect(forward(pipeline), checksums);
    pipeline.run();
    for (int shard = 0; shard < run.work().shards(); shard++) {
      assertThat(files.find(0, shard)).isEmpty();
      assertThat(files.find(1, shard)).isPresent();
      assertThat(files.get(2, shard).getLengths()).isEqualTo(PlainPruning.lengths(run, shard));
    }
    assertThat(SharedWeights.inUse()).isEqualTo(inUse);
  }

  @Test
  void doesNotComputeAFinishedShardAgain(TestPipeline pipeline) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      List<Integer> lengths = PlainPruning.lengths(run, 1);
      int tokens = lengths.stream().mapToInt(Integer::intValue).sum();
      NDArray marked = scope.zeros(DataType.FLOAT32, tokens, 16);
      checksums.set(1, files.write(2, 1, lengths, marked).getStates().getChecksum());
    }
    expect(forward(pipeline), checksums);
    pipeline.run();
  }

  private PCollection<HiddenStates> forward(TestPipeline pipeline) {
    return pipeline
        .apply(
            Create.of(
                    IntStream.range(0, run.work().shards())
                        .mapToObj(shard -> KV.of(shard, pruned))
                        .toList())
                .withCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(PrunedSublayer.class))))
        .apply(ForwardSublayer.in(run.work()));
  }

  private static void expect(PCollection<HiddenStates> states, List<String> checksums) {
    List<String> expected = List.copyOf(checksums);
    PAssert.that(states)
        .satisfies(
            all -> {
              assertThat(all)
                  .hasSize(expected.size())
                  .allSatisfy(
                      s -> {
                        assertThat(s.getStage()).isEqualTo(2);
                        assertThat(s.getStates().getChecksum())
                            .isEqualTo(expected.get(s.getShard()));
                      });
              return null;
            });
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.ModelConfigTest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.Magnitude;
import io.github.slimbeam.transforms.pruning.PruneMemory;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.SlimBeam;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.pruning.SlimLlm;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** LLaMA-7B on 128 windows of 2048 tokens: terms that can be reckoned by hand. */
class RunCostTest {
  private static final Rates ONE = new Rates(1, 1, 1, 1);
  private static final double TOKENS = 128 * 2048;

  @Test
  void theForwardPassIsTwoFlopsAWeightAndToken() throws IOException {
    PruneRun run = run(new Magnitude(), 0, 1);
    // Of an attention the closing linear; and the last FFN has nobody behind it.
    double layer = 4096.0 * 4096 + 3.0 * 4096 * 11008;
    double last = 2 * TOKENS * 3 * 4096 * 11008;
    assertThat(stage(run, "forward").flops32())
        .isCloseTo(32 * (2 * TOKENS * layer) - last, within(1e9));
  }

  @Test
  void momentsTakeTheUpperTriangleInWholeTiles() throws IOException {
    double area = 4096.0 * (4096 + 1024) / 2 + 11008.0 * (11008 + 1024) / 2;
    double linears = 3.0 * 4096 * 4096 + 2.0 * 4096 * 11008;
    double attention = 2 * TOKENS * 2048 * 4096;
    assertThat(stage(run(new Magnitude(), 0.2, 1), "moments").flops32())
        .isCloseTo(32 * (2 * TOKENS * (linears + area) + attention), within(1e9));
  }

  /**
   * The class says n r² − 2r³/3 + m(n² − n′²) beside n³ for the inverse; the error, in F32, 2 m n².
   */
  @Test
  void slimGptsFlopsAreThoseItsClassesCount() throws IOException {
    double sum = 0;
    double error = 0;
    for (double n : List.of(4096.0, 11008.0)) {
      double kept = n / 2;
      sum +=
          n * n * n + n * kept * kept - 2 * kept * kept * kept / 3 + 4096 * (n * n - kept * kept);
      error += 2 * 4096 * n * n;
    }
    assertThat(stage(run(SlimGpt.defaults(), 0.5, 1), "prune").flops64() / (32 * sum))
        .isCloseTo(1, within(0.05));
    assertThat(stage(run(SlimGpt.defaults(), 0.5, 1), "prune").flops32()).isEqualTo(32 * error);
  }

  /**
   * 16 hidden · kept a token and step; and as much again as SlimGPT's moments for a plan, and more.
   */
  @Test
  void oursTakesADensePassAndARefit() throws IOException {
    PruneRun ours = run(SlimBeam.defaults(), 0.5, 1, false, true);
    assertThat(RunCost.of(ours))
        .extracting(StageCost::stage)
        .containsExactly(
            "embed", "measure", "allocate", "moments", "prune", "forward", "hash", "write");
    double steps = 32.0 * 2 * 8 * 16 * TOKENS * 4096 * 5504;
    assertThat(stage(ours, "prune").flops32()).isBetween(steps, 1.5 * steps);
    StageCost papers = stage(run(SlimGpt.defaults(), 0.5, 1), "moments");
    assertThat(stage(ours, "measure").flops32()).isGreaterThan(papers.flops32());
    assertThat(stage(ours, "moments").flops32())
        .isBetween(1.1 * papers.flops32(), 1.5 * papers.flops32());
    PruneRun alone = run(SlimBeam.defaults(), 0.5, 1, false, false);
    assertThat(stage(alone, "moments").flops32())
        .as("both streams")
        .isBetween(1.5 * papers.flops32(), 2.5 * papers.flops32());
  }

  @Test
  void workersShareTheDensePassesAndNotThePruneStep() throws IOException {
    PruneRun one = run(SlimGpt.defaults(), 0.2, 1);
    PruneRun four = run(SlimGpt.defaults(), 0.2, 4);
    assertThat(stage(four, "prune").seconds(ONE)).isEqualTo(stage(one, "prune").seconds(ONE));
    assertThat(stage(four, "forward").seconds(ONE))
        .isEqualTo(stage(one, "forward").seconds(ONE) / 4);
    assertThat(run(SlimGpt.defaults(), 0.2, 64).width()).isEqualTo(16);
  }

  @Test
  void aScheduleFromTheDataTakesADensePassMore() throws IOException {
    assertThat(RunCost.of(run(SlimGpt.defaults(), 0.2, 1)))
        .extracting(StageCost::stage)
        .containsExactly("embed", "moments", "prune", "forward", "hash", "write");
    PruneRun run = run(SlimLlm.defaults(), 0.2, 1, true, false);
    assertThat(RunCost.of(run).get(0).stage()).isEqualTo("describe");
    assertThat(RunCost.of(run).get(0).flops32())
        .isGreaterThan(stage(run(new Magnitude(), 0, 1), "forward").flops32());
  }

  @Test
  void memoryIsAtItsHighestWhereTheWidestSumsAre() throws IOException {
    RunMemory memory = RunMemory.of(run(SlimGpt.defaults(), 0.2, 1));
    assertThat(memory.stage()).isEqualTo("moments, layer 0 FFN");
    assertThat(memory.tensors())
        .isBetween((double) PruneMemory.bytes(11008), 1.6 * PruneMemory.bytes(11008));
    // Three stages of states and an attention's outputs, 4.3 GB each, the tiles of 16 shards and
    // their
    // sum, 0.53 GB each, and half of the layers' closing linears at least.
    assertThat(memory.workDirectory()).isBetween(26.2e9, 31.3e9);
  }

  private static StageCost stage(PruneRun run, String name) {
    return RunCost.of(run).stream().filter(s -> s.stage().equals(name)).findFirst().orElseThrow();
  }

  static PruneRun run(PruningMethod method, double ratio, int workers) throws IOException {
    return run(method, ratio, workers, false, false);
  }

  static PruneRun run(
      PruningMethod method, double ratio, int workers, boolean densePass, boolean curves)
      throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    return new PruneRun(
        config,
        Plans.of(config, RatioSchedule.UNIFORM, ratio),
        method,
        densePass,
        curves,
        128,
        2048,
        Parts.of(16),
        workers,
        1,
        13_476_831_232L,
        10_000_000_000L);
  }
}

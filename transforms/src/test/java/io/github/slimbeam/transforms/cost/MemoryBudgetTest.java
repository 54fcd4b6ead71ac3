// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Of LLaMA-7B, 128 windows of 2048 tokens, two workers. */
class MemoryBudgetTest {
  private static final double GIB = 1L << 30;

  @Test
  void whatFitsStaysAsItIs() throws IOException {
    PruneRun run = RunCostTest.run(SlimGpt.defaults(), 0.2, 2);
    double enough = RunMemory.of(run).total() / GIB + 0.001;
    assertThat(MemoryBudget.within(enough, run)).isEqualTo(run.parts());
    assertThat(MemoryBudget.within(enough - 0.002, run)).isNotEqualTo(run.parts());
  }

  @Test
  void lessMemoryMeansSmallerPartsThatFit() throws IOException {
    PruneRun run = RunCostTest.run(SlimGpt.defaults(), 0.2, 2);
    double all = RunMemory.of(run).total() / GIB;
    double least = RunMemory.of(run.in(new Parts(128, 2048))).total() / GIB;
    assertThat(least).isLessThan(all - 0.5);
    for (double gib = all; gib > least + 0.01; gib -= 0.1) {
      Parts parts = MemoryBudget.within(gib, run);
      assertThat(RunMemory.of(run.in(parts)).total() / GIB).isLessThanOrEqualTo(gib);
      assertThat(parts.shards()).isBetween(16, 128);
      assertThat(parts.batchTokens()).isBetween(2048, 4096);
    }
  }

  @Test
  void whatCannotFitIsRefusedWithWhatItTakes() throws IOException {
    PruneRun run = RunCostTest.run(SlimGpt.defaults(), 0.2, 2);
    double least = RunMemory.of(run.in(new Parts(128, 2048))).total() / GIB;
    assertThatThrownBy(() -> MemoryBudget.within(2, run))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            "memory=2.0: this run takes %.2f GiB at least, most of it in ",
            Math.ceil(least * 100) / 100)
        .hasMessageContaining("parallelism");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Locale;

/** How much memory a run may take. */
public final class MemoryBudget {
  private static final double GIB = 1L << 30;

  private MemoryBudget() {}

  /**
   * The largest parts in which a run takes so much memory at most, by {@link RunMemory}: batches
   * are halved down to one window, and for each size shards are doubled up to one for each window.
   *
   * @param run with the parts that it would have otherwise
   * @param gib for the process of all workers
   * @throws BadInputException naming what the run takes at least, if nothing fits
   */
  public static Parts within(double gib, PruneRun run) {
    RunMemory least = RunMemory.of(run);
    for (int batch = run.parts().batchTokens(); ; batch /= 2) {
      for (int shards = run.parts().shards(); ; shards *= 2) {
        Parts parts = new Parts(Math.min(shards, run.sequences()), Math.max(batch, run.length()));
        RunMemory memory = RunMemory.of(run.in(parts));
        if (memory.total() <= gib * GIB) {
          return parts;
        }
        if (memory.total() < least.total()) {
          least = memory;
        }
        if (shards >= run.sequences()) {
          break;
        }
      }
      if (batch <= run.length()) {
        break;
      }
    }
    throw new BadInputException(
        String.format(
            Locale.ROOT,
            "⟨memory⟩=%s: this run takes %.2f GiB at least, most of it in %s; give it as much, or choose fewer"
                + " workers by ⟨parallelism⟩ or a shorter ⟨sequenceLength⟩",
            gib,
            Math.ceil(least.total() / GIB * 100) / 100,
            least.stage()));
  }
}

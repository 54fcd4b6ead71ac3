// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.transforms.cost.PruneRun;
import io.github.slimbeam.transforms.cost.Rates;
import io.github.slimbeam.transforms.cost.RunCost;
import io.github.slimbeam.transforms.cost.RunMemory;
import io.github.slimbeam.transforms.cost.StageCost;
import java.util.List;

/**
 * What a run would take.
 *
 * @param rates of one worker, as just measured
 * @param overheadWorkerSeconds of the runner
 * @param workerSeconds of all stages and the runner
 * @param seconds from the run's beginning to its end
 */
record RunEstimate(
    int sequences,
    int sequenceLength,
    int workers,
    Speed rates,
    List<Stage> stages,
    double overheadWorkerSeconds,
    double workerSeconds,
    double seconds,
    Memory memory,
    Disk disk) {

  /** Billions of operations or bytes in a second. */
  record Speed(double gigaflops32, double gigaflops64, double gigabytes, double gigabytesHashed) {}

  /** A stage, over all layers and workers. */
  record Stage(
      String stage,
      double teraflops32,
      double teraflops64,
      double gigabytes,
      double gigabytesHashed,
      double workerSeconds) {
    static Stage of(StageCost cost, Rates rates) {
      return new Stage(
          cost.stage(),
          cost.flops32() / 1e12,
          cost.flops64() / 1e12,
          cost.bytes() / 1e9,
          cost.hashed() / 1e9,
          cost.workerSeconds(rates));
    }
  }

  /** Bytes of memory; most tensors are there in the stage {@code tensorsIn}. */
  record Memory(double process, double heap, double tensors, String tensorsIn, double total) {}

  /** Bytes of files. */
  record Disk(double workDirectory, long output) {}

  static RunEstimate of(PruneRun run, Rates rates) {
    List<StageCost> stages = RunCost.of(run);
    double workerSeconds = RunCost.overhead(run);
    double seconds = RunCost.overhead(run);
    for (StageCost stage : stages) {
      workerSeconds += stage.workerSeconds(rates);
      seconds += stage.seconds(rates);
    }
    RunMemory memory = RunMemory.of(run);
    return new RunEstimate(
        run.sequences(),
        run.length(),
        run.workers(),
        new Speed(
            rates.flops32() / 1e9,
            rates.flops64() / 1e9,
            rates.bytes() / 1e9,
            rates.hashed() / 1e9),
        stages.stream().map(stage -> Stage.of(stage, rates)).toList(),
        RunCost.overhead(run),
        workerSeconds,
        seconds,
        new Memory(
            memory.process(), memory.heap(), memory.tensors(), memory.stage(), memory.total()),
        new Disk(memory.workDirectory(), run.outputBytes()));
  }
}

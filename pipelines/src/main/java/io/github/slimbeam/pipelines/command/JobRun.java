// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricResults;

/** Runs a pipeline to its end, and finds what a user should know in what a runner throws. */
public final class JobRun {
  /**
   * Translating an unrolled graph recurses as deep as the graph: 80 layers overflow a usual stack.
   */
  private static final long STACK_BYTES = 256L << 20;

  private JobRun() {}

  /**
   * Runs and waits; returns what its stages counted.
   *
   * @throws BadInputException if any worker threw one, however the runner wrapped it
   */
  public static MetricResults run(Pipeline pipeline) {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicReference<MetricResults> metrics = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                PipelineResult result = pipeline.run();
                PipelineResult.State state = result.waitUntilFinish();
                if (state != PipelineResult.State.DONE) {
                  throw new IllegalStateException("the job ended as " + state);
                }
                metrics.set(result.metrics());
              } catch (Throwable e) {
                failure.set(e);
              }
            },
            "slim-job",
            STACK_BYTES);
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
    if (failure.get() != null) {
      throw readable(failure.get());
    }
    return requireNonNull(metrics.get(), "the job is done");
  }

  /**
   * Runners wrap a worker's exception, and Flink turns it to text when it crosses from one JVM to
   * another.
   */
  static RuntimeException readable(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof BadInputException bad) {
        return bad;
      }
    }
    StringWriter printed = new StringWriter();
    failure.printStackTrace(new PrintWriter(printed));
    String trace = printed.toString();
    return BadInputException.in(trace, failure)
        .<RuntimeException>map(bad -> bad)
        .orElseGet(
            () -> new IllegalStateException("the job failed: " + FailureReason.of(trace), failure));
  }
}

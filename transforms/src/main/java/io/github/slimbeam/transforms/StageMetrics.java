// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.HiddenStates;
import java.io.Serializable;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;

/**
 * What a stage has done, as Beam counters of the namespace {@code slimbeam.STAGE}: sequences,
 * tokens, bytes read or written in files, and milliseconds of its workers. What a former attempt
 * finished is not counted again; what a worker that was lost had counted is lost with it.
 */
public final class StageMetrics implements Serializable {
  private static final long serialVersionUID = 1;

  /** What the namespaces of all stages' counters begin with. */
  public static final String NAMESPACE = "slimbeam.";

  private final String namespace;
  private final Counter sequences;
  private final Counter tokens;
  private final Counter bytes;
  private final Counter milliseconds;

  private StageMetrics(String stage) {
    this.namespace = NAMESPACE + stage;
    this.sequences = Metrics.counter(namespace, "sequences");
    this.tokens = Metrics.counter(namespace, "tokens");
    this.bytes = Metrics.counter(namespace, "bytes");
    this.milliseconds = Metrics.counter(namespace, "milliseconds");
  }

  static StageMetrics of(String stage) {
    return new StageMetrics(stage);
  }

  /** Another counter of the stage. */
  Counter counter(String name) {
    return Metrics.counter(namespace, name);
  }

  /** Counts a shard that was read or written, and the time since. */
  void shard(HiddenStates shard, long begunNanos) {
    sequences.inc(shard.getLengths().size());
    tokens.inc(shard.getLengths().stream().mapToLong(Integer::longValue).sum());
    bytes.inc(Float.BYTES * shard.getStates().getShape().stream().reduce(1L, Math::multiplyExact));
    since(begunNanos);
  }

  /** Counts sequences that are in no file. */
  void windows(int count, long tokenCount, long begunNanos) {
    sequences.inc(count);
    tokens.inc(tokenCount);
    since(begunNanos);
  }

  /** Counts a file, and the time since. */
  void file(long size, long begunNanos) {
    bytes.inc(size);
    since(begunNanos);
  }

  private void since(long begunNanos) {
    milliseconds.inc((System.nanoTime() - begunNanos) / 1_000_000);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

/**
 * What a stage of a run computes, over all its layers and workers. The names are those of the table
 * at the end of a run.
 *
 * @param stage its name
 * @param flops32 in F32: the forward pass
 * @param flops64 in F64: moments and the prune step
 * @param bytes written to fresh memory
 * @param hashed bytes of SHA-256
 * @param width workers that share it
 */
public record StageCost(
    String stage, double flops32, double flops64, double bytes, double hashed, int width) {

  /** Seconds of one worker, if it did everything alone. */
  public double workerSeconds(Rates rates) {
    return flops32 / rates.flops32()
        + flops64 / rates.flops64()
        + bytes / rates.bytes()
        + hashed / rates.hashed();
  }

  /** From its beginning to its end. */
  public double seconds(Rates rates) {
    return workerSeconds(rates) / width;
  }

  StageCost plus(StageCost more) {
    return new StageCost(
        stage,
        flops32 + more.flops32,
        flops64 + more.flops64,
        bytes + more.bytes,
        hashed + more.hashed,
        width);
  }
}

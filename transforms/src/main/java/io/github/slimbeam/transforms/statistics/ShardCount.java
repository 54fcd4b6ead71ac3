// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

/**
 * How many shards the calibration windows travel in. It bounds the workers that can sum at the same
 * time, and must not follow their number, or sums would be taken in another order; so it follows
 * from the sample and the model alone.
 *
 * <p>More shards cost passes over files: each writes its sums, 4 · columns² bytes, which are read
 * again when shards are added. A shard of {@value #TOKENS} tokens computes long enough for that,
 * and more than {@value #LEAST} shards have as many each; what all write stays within {@value
 * #BYTES} bytes where more than {@value #VOLUMINOUS} shards would write more.
 */
public final class ShardCount {
  private static final int LEAST = 2;
  private static final int VOLUMINOUS = 16;
  private static final int MOST = 64;
  private static final int TOKENS = 8192;
  private static final long BYTES = 16L << 30;

  private ShardCount() {}

  /**
   * At most as many as there are windows, and as even as they can be.
   *
   * @param windows of the sample
   * @param length tokens of each
   * @param columns of the widest closing linear
   */
  public static int of(int windows, int length, long columns) {
    long written = Math.max(VOLUMINOUS, BYTES / (4 * columns * columns));
    long worthIt = Math.min((long) windows * length / TOKENS, written);
    long most = Math.min(windows, Math.max(LEAST, Math.min(MOST, worthIt)));
    long each = (windows + most - 1) / most;
    return (int) ((windows + each - 1) / each);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

/**
 * Which texts a sample is drawn from where there are far more than it needs: those at the stream's
 * beginning, up to so many characters.
 *
 * <p>Texts stand in the stream in the order of their digests, so its beginning is a random choice
 * of texts, whatever their order in the files. It is counted in {@value #RANGES} equal ranges of
 * digests: the ranges from the first on until their texts have the characters asked for, or all.
 *
 * <p>Each worker can leave out what lies beyond where its own texts alone reach the budget: where
 * all texts reach it comes no later. What is left has exactly the same beginning.
 *
 * <p><em>Cost</em>: half a MB of counts.
 */
public final class StreamPrefix {
  private static final int RANGES = 1 << 16;

  private final long budget;
  private final long[] sizes = new long[RANGES];
  private long total;
  private int last = RANGES - 1;

  /** A beginning of at least so many characters. */
  public StreamPrefix(long budget) {
    this.budget = budget;
  }

  /** The range of a text, from 0, by its digest's first four hexadecimal digits. */
  public static int range(String digest) {
    return Integer.parseInt(digest, 0, 4, 16);
  }

  /** Counts texts; false if they are not within what the beginning can still be. */
  public boolean add(int range, long size) {
    if (range > last) {
      return false;
    }
    sizes[range] += size;
    total += size;
    while (last > 0 && total - sizes[last] >= budget) {
      total -= sizes[last];
      last--;
    }
    return range <= last;
  }

  /** The last range of the beginning, as far as texts have been counted. */
  public int last() {
    return last;
  }

  /** Whether a beginning that ends with this range is the whole stream. */
  public static boolean isWhole(int last) {
    return last == RANGES - 1;
  }
}

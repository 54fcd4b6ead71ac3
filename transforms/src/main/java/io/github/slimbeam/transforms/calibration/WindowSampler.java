// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;

/**
 * Draws where windows begin: N different places among 0 … S − T, every set of N equally likely.
 *
 * <p>The numbers are those of SplitMix64 ({@link SplittableRandom#nextLong()}), reduced without
 * bias by rejection; the set grows by Floyd's method, so a draw takes N steps even if nearly every
 * place is taken. A seed therefore gives the same windows everywhere.
 *
 * <p><em>Cost</em>: O(N log N), whatever S.
 *
 * <p><em>Differs from the reference code</em>: in the generator (Python's Mersenne Twister there),
 * not in the distribution.
 */
public final class WindowSampler {
  private WindowSampler() {}

  /**
   * The places, ascending.
   *
   * @param tokens length of the stream, S
   * @param windows number of windows, N
   * @param length tokens of a window, T
   * @throws BadInputException if the stream has less than N windows side by side
   */
  public static List<Long> draw(long tokens, int windows, int length, long seed) {
    check(
        tokens / length >= windows,
        "the texts have %d tokens, which is %d windows of %d tokens, but %d were asked for:"
            + " lower ⟨sequences⟩ or ⟨sequenceLength⟩, or give more text",
        tokens,
        tokens / length,
        length,
        windows);
    SplittableRandom random = new SplittableRandom(seed);
    TreeSet<Long> starts = new TreeSet<>();
    long places = tokens - length + 1;
    for (long place = places - windows; place < places; place++) {
      long drawn = below(random, place + 1);
      starts.add(starts.contains(drawn) ? place : drawn);
    }
    return new ArrayList<>(starts);
  }

  private static long below(SplittableRandom random, long bound) {
    while (true) {
      long bits = random.nextLong() >>> 1;
      long value = bits % bound;
      // Negative by overflow where the last, incomplete multiple of the bound was hit.
      if (bits - value + (bound - 1) >= 0) {
        return value;
      }
    }
  }
}

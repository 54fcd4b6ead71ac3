// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import java.util.List;
import java.util.stream.IntStream;

/**
 * How numbers are distributed, in {@value #PARTS} + 1 of them: the quantiles 0, 1/{@value #PARTS},
 * … 1. Quantile q of n sorted numbers lies at place q · (n − 1), counted from 0, and between two of
 * them on the straight line. Fewer numbers have as many quantiles.
 */
final class Quantiles {
  static final int PARTS = 16;

  private Quantiles() {}

  /** The quantiles, ascending; none of nothing. */
  static List<Double> of(List<Double> values) {
    if (values.isEmpty()) {
      return List.of();
    }
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return IntStream.rangeClosed(0, PARTS).mapToObj(part -> at(sorted, part)).toList();
  }

  private static double at(double[] sorted, int part) {
    long sixteenths = (long) part * (sorted.length - 1);
    int below = (int) (sixteenths / PARTS);
    double beyond = (double) (sixteenths % PARTS) / PARTS;
    // Not over the end, and exact where the place is a number's own.
    return beyond == 0
        ? sorted[below]
        : sorted[below] + beyond * (sorted[below + 1] - sorted[below]);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * How the pruning ratio runs over the layers, from r_first to r_last; a layer's heads and channels
 * share it.
 *
 * <p><em>Reference</em>: SlimGPT's Incremental Pruning Ratio, section 4.3, eq. 6, and its table 6
 * for the others. The paper does not give the end points; unless told otherwise r_first is a
 * quarter of the mean (as in the authors' runs, within rounding), and r_last is solved so that the
 * mean is met: ρ = r_first + (r_last − r_first) · s̄, where s̄ is the mean of the shape s_i.
 */
public enum RatioSchedule {
  /** r_i = r_first + (r_last − r_first) · ln(i + 1) / ln n: the paper's. */
  LOGARITHMIC,
  /** r_i = r_first + (r_last − r_first) · i / (n − 1). */
  LINEAR,
  /** The same ratio in every layer. */
  UNIFORM,
  /** {@link #LOGARITHMIC} with the layers in reverse order. */
  DECREASING_LOGARITHMIC,
  /** {@link #LINEAR} with the layers in reverse order. */
  DECREASING_LINEAR;

  /** Its name on the command line, such as {@code decreasing-linear}. */
  public String optionName() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Ratios of n layers with mean {@code mean}; {@code first} is the least ratio, NaN for a quarter
   * of the mean.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if some layer's ratio would
   *     leave [0, 1)
   */
  public List<Double> withMean(int n, double mean, double first) {
    check(mean >= 0 && mean < 1, "⟨pruningRatio⟩=%s: expected 0 ≤ ratio < 1", mean);
    double average = shape(n).stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    if (this == UNIFORM || average == 0) {
      return Collections.nCopies(n, mean);
    }
    double least = Double.isNaN(first) ? mean / 4 : first;
    return between(n, least, least + (mean - least) / average);
  }

  /** Ratios of n layers between the given end points, whatever the mean. */
  public List<Double> between(int n, double first, double last) {
    List<Double> ratios = new ArrayList<>();
    for (double s : shape(n)) {
      ratios.add(first + (last - first) * s);
    }
    if (this == DECREASING_LOGARITHMIC || this == DECREASING_LINEAR) {
      Collections.reverse(ratios);
    }
    for (int i = 0; i < n; i++) {
      check(
          ratios.get(i) >= 0 && ratios.get(i) < 1,
          "schedule %s asks for a ratio of %.3f in layer %d, which would empty it: expected 0 ≤ ratio < 1; choose a"
              + " lower ⟨pruningRatio⟩, a flatter ⟨schedule⟩ or other end points",
          optionName(),
          ratios.get(i),
          i);
    }
    return ratios;
  }

  /** s_i, rising from 0 to 1. */
  private List<Double> shape(int n) {
    return IntStream.range(0, n)
        .mapToObj(
            i ->
                n == 1
                    ? 0.0
                    : switch (this) {
                      case LOGARITHMIC, DECREASING_LOGARITHMIC -> Math.log(i + 1) / Math.log(n);
                      case LINEAR, DECREASING_LINEAR -> i / (n - 1.0);
                      case UNIFORM -> 0.0;
                    })
        .toList();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as a reader wants them: four significant digits, thousands apart. */
final class NumberText {
  private static final int DIGITS = 4;
  private static final double SMALL = 1e-4;

  /** In the place of a number that was not measured. */
  static final String NONE = "–";

  private NumberText() {}

  /** Any number; whole ones, and the whole part of large ones, keep all their digits. */
  static String number(double value) {
    if (Double.isNaN(value)) {
      return "not a number";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "∞" : "−∞";
    }
    double size = Math.abs(value);
    String text;
    if (size == Math.rint(size) && size < Long.MAX_VALUE) {
      text = String.format(Locale.ROOT, "%,d", (long) size);
    } else if (size < SMALL) {
      text = String.format(Locale.ROOT, "%.3e", size).replace("e-0", "e-").replace("e-", "e−");
    } else {
      BigDecimal rounded = new BigDecimal(size).round(new MathContext(DIGITS));
      int whole = rounded.precision() - rounded.scale();
      text = String.format(Locale.ROOT, "%,." + Math.max(0, DIGITS - whole) + "f", size);
    }
    return value < 0 ? "−" + text : text;
  }

  /** A number, or a dash for what was not measured. */
  static String number(@Nullable Double value) {
    return value == null ? NONE : number(value.doubleValue());
  }

  /** A count, or a dash. */
  static String count(@Nullable Long value) {
    return value == null ? NONE : String.format(Locale.ROOT, "%,d", value);
  }

  /** The beginning of a sentence or a heading. */
  static String capital(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  /** So many tasks. */
  static String tasks(int count) {
    return count == 1 ? "1 task" : count + " tasks";
  }

  /** A share as a percentage with one decimal. */
  static String percent(double share) {
    return String.format(Locale.ROOT, "%.1f\u00a0%%", 100 * share).replace('-', '−');
  }

  /** By how much a value changed, as a percentage with its sign. */
  static String change(double before, double after) {
    if (before == 0 || !Double.isFinite(after / before)) {
      return NONE;
    }
    return String.format(Locale.ROOT, "%+.1f\u00a0%%", 100 * (after / before - 1))
        .replace('-', '−');
  }
}

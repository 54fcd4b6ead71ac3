// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.SublayerKind;
import java.util.Arrays;
import java.util.List;

/**
 * As long as a model is too large, the step to any later level of any curve that costs least for
 * each of what it removes is taken: so along the lower convex hulls. What the last step removes too
 * much channels get back, where they cost most, to the nearest unit.
 */
final class WaterFilling {
  private final List<CostCurve> curves;
  private final int[] gone;

  private WaterFilling(List<CostCurve> curves) {
    this.curves = curves;
    this.gone = new int[curves.size()];
  }

  /**
   * How many units of each curve go.
   *
   * @param asked how much of the model's size shall go
   */
  static int[] of(List<CostCurve> curves, double asked) {
    WaterFilling filling = new WaterFilling(curves);
    filling.giveBack(-filling.remove(asked));
    return filling.gone;
  }

  /** A step of a curve: to which level, and its price; none where that is infinite. */
  private record Step(int to, double price) {
    static final Step NONE = new Step(0, Double.POSITIVE_INFINITY);
  }

  /** Removes as much as is asked, or a little more; returns what is left to remove. */
  private double remove(double asked) {
    double left = asked;
    Step[] next = new Step[gone.length];
    Arrays.setAll(next, this::cheapest);
    while (left > 0) {
      int best = 0;
      for (int s = 1; s < next.length; s++) {
        if (next[s].price() < next[best].price()) {
          best = s;
        }
      }
      if (Double.isInfinite(next[best].price())) {
        break;
      }
      double taken = (next[best].to() - gone[best]) * curves.get(best).unit();
      if (isHeads(best) && taken - left > inChannels() + 0.5 * curves.get(best).unit()) {
        // More than channels could make good.
        next[best] = Step.NONE;
        continue;
      }
      left -= taken;
      gone[best] = next[best].to();
      next[best] = cheapest(best);
    }
    return left;
  }

  private Step cheapest(int s) {
    Step best = Step.NONE;
    for (int level : curves.get(s).levels()) {
      if (level > gone[s]) {
        double price = curves.get(s).price(gone[s], level);
        if (price < best.price()) {
          best = new Step(level, price);
        }
      }
    }
    return best;
  }

  private void giveBack(double excess) {
    double left = excess;
    int best = dearest(left);
    while (best >= 0) {
      int back = curves.get(best).back(gone[best], left);
      gone[best] -= back;
      left -= back * curves.get(best).unit();
      best = dearest(left);
    }
  }

  /** Where the last channels that went cost most for what they count; −1 where none can return. */
  private int dearest(double excess) {
    int best = -1;
    double most = Double.NEGATIVE_INFINITY;
    for (int s = 0; s < gone.length; s++) {
      CostCurve curve = curves.get(s);
      if (!isHeads(s)
          && gone[s] > 0
          && excess >= curve.leastBack(gone[s]) * curve.unit() / 2
          && slope(s) > most) {
        most = slope(s);
        best = s;
      }
    }
    return best;
  }

  private double slope(int s) {
    CostCurve curve = curves.get(s);
    int below = curve.levelBelow(gone[s]);
    return curve.price(below, curve.levelAbove(below));
  }

  /** How much of the model's size channels have given. */
  private double inChannels() {
    double total = 0;
    for (int s = 0; s < gone.length; s++) {
      total += isHeads(s) ? 0 : gone[s] * curves.get(s).unit();
    }
    return total;
  }

  private boolean isHeads(int s) {
    return curves.get(s).kind() == SublayerKind.ATTENTION;
  }
}

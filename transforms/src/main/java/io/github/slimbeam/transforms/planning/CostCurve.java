// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.Model;

/**
 * What the units of one sub-layer are worth when all compete. The curve's error E(k), the share of
 * the states' squares that is lost with k units, counts (1 + s/2L) times in sub-layer s of 2L;
 * between the curve's own numbers it is a straight line.
 */
final class CostCurve {
  private final RemovalCurve curve;
  private final double factor;
  private final double unit;
  private final int step;
  private final int[] levels;

  /**
   * Of a sub-layer.
   *
   * @param share s/2L
   * @param most units that may go
   */
  CostCurve(RemovalCurve curve, double share, Model model, PlanSize size, Widths widths, int most) {
    this.curve = curve;
    this.factor = 1 + share;
    this.unit = size.unit(model, curve.getSublayer());
    this.step = widths.step(kind());
    this.levels =
        step == 1
            ? curve.getRemoved().stream().mapToInt(Integer::intValue).toArray()
            : widths.removable(kind(), curve.getUnits(), curve.getUnits() - most);
  }

  SublayerKind kind() {
    return curve.getSublayer().getKind();
  }

  /** Numbers of units that may go, ascending from 0: the curve's, or those that a step allows. */
  int[] levels() {
    return levels;
  }

  private int most() {
    return levels[levels.length - 1];
  }

  /** What a unit counts for in the model's size. */
  double unit() {
    return unit;
  }

  /** What a step of units counts for. */
  double stepped() {
    return step * unit;
  }

  /** The number that may go which is nearest to a wanted one. */
  int nearest(double removed) {
    if (step == 1) {
      return (int) Math.max(0, Math.min(most(), Math.rint(removed)));
    }
    int best = 0;
    for (int level : levels) {
      if (Math.abs(level - removed) < Math.abs(best - removed)) {
        best = level;
      }
    }
    return best;
  }

  /** What it costs to remove so many. */
  double cost(int removed) {
    int above = 0;
    while (curve.getRemoved().get(above) < removed) {
      above++;
    }
    int to = curve.getRemoved().get(above);
    double error = curve.getErrors().get(above);
    if (to > removed) {
      int from = curve.getRemoved().get(above - 1);
      double below = curve.getErrors().get(above - 1);
      error = below + (error - below) * (removed - from) / (to - from);
    }
    return factor * error;
  }

  /** Cost of going from some that are removed to more, for each of what they count. */
  double price(int from, int to) {
    return (cost(to) - cost(from)) / ((to - from) * unit);
  }

  /** The last level that removes fewer. */
  int levelBelow(int removed) {
    int level = 0;
    while (level + 1 < levels.length && levels[level + 1] < removed) {
      level++;
    }
    return levels[level];
  }

  /** The next level. */
  int levelAbove(int removed) {
    int level = 0;
    while (levels[level] <= removed) {
      level++;
    }
    return levels[level];
  }

  /** The fewest units that can be given back. */
  int leastBack(int removed) {
    return step == 1 ? 1 : removed - levelBelow(removed);
  }

  /**
   * How many units to give back of an excess: whole steps; where each unit is one, as many as make
   * it good within the last level.
   */
  int back(int removed, double excess) {
    int toLevel = removed - levelBelow(removed);
    return step == 1 ? (int) Math.max(1, Math.min(toLevel, Math.rint(excess / unit))) : toLevel;
  }

  SublayerTarget target(int removed) {
    int units = curve.getUnits();
    return new SublayerTarget(curve.getSublayer(), units, removed, (double) removed / units, null);
  }
}

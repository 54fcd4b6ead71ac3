// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Heads and channels of all layers compete: water-filling over what removing more and more of each
 * sub-layer's units costs the dense model. A curve's error E(k), the share of the states' squares
 * that is lost, counts (1 + s/2L) times in sub-layer s of 2L. As long as the model is too large,
 * the step to any later level of any curve that costs least for each weight it removes is taken: so
 * along the lower convex hulls. What the last step removes too much channels get back.
 *
 * <p>At least one attention unit and a sixteenth of the channels stay in every layer.
 */
public final class GlobalAllocation {
  static final String NAME = "global";

  /** Of so many channels one at least stays. */
  private static final int CHANNELS_PER_FLOOR = 16;

  private final List<RemovalCurve> curves;
  private final int[] levels;

  /** Linear weights that go with a unit of each. */
  private final double[] weights;

  private GlobalAllocation(ModelConfig config, List<RemovalCurve> curves) {
    this.curves = curves;
    this.levels = new int[curves.size()];
    this.weights =
        curves.stream()
            .mapToDouble(
                curve -> {
                  SublayerKey key = curve.getSublayer();
                  LayerShape shape = config.layers().get(key.getLayer());
                  return (double) config.linearParameters(key.getKind(), shape) / curve.getUnits();
                })
            .toArray();
  }

  /** Most units of a sub-layer that may go: none where heads cannot. */
  public static SublayerTarget most(ModelConfig config, SublayerKey key) {
    SublayerKind kind = key.getKind();
    int units = config.layers().get(key.getLayer()).units(kind);
    int floor =
        kind == SublayerKind.ATTENTION ? 1 : (units + CHANNELS_PER_FLOOR - 1) / CHANNELS_PER_FLOOR;
    int most = config.isPrunable(kind) ? units - floor : 0;
    return new SublayerTarget(key, units, most, (double) most / units, null);
  }

  /**
   * Checks that so many linear weights can go.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if not
   */
  static void check(ModelConfig config, double weights) {
    double most = 0;
    for (int layer = 0; layer < config.layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        most +=
            most(config, new SublayerKey(layer, kind)).getRatio()
                * config.linearParameters(kind, config.layers().get(layer));
      }
    }
    BadInputException.check(
        weights <= most,
        "⟨schedule⟩=global keeps a head and a sixteenth of the channels in every layer, so that %.0f of the layers' linear"
            + " weights can go, and not %.0f: ask for less",
        most,
        weights);
  }

  /**
   * The plan that removes so many of the layers' linear weights, to the nearest unit of a channel.
   *
   * @param curves of every sub-layer, in the order in which they run
   * @throws io.github.slimbeam.transforms.storage.BadInputException if not so many can go
   */
  static PruningPlan plan(ModelConfig config, List<RemovalCurve> curves, double weights) {
    check(config, weights);
    return new GlobalAllocation(config, curves).plan(weights);
  }

  /**
   * What a plan costs by the curves: the sum of the errors, each with its weight, which
   * water-filling keeps as low as it can. Between two levels of a curve it is a straight line.
   *
   * @param curves of every sub-layer, in the order in which they run, as the plan has them
   */
  public static double cost(ModelConfig config, List<RemovalCurve> curves, PruningPlan plan) {
    GlobalAllocation all = new GlobalAllocation(config, curves);
    double cost = 0;
    for (int s = 0; s < curves.size(); s++) {
      int gone = plan.getTargets().get(s).getRemoved();
      if (gone > 0) {
        int level = all.levelBelow(s, gone);
        cost +=
            all.cost(s, level)
                + all.slope(s, gone) * (gone - all.removed(s, level)) * all.weights[s];
      }
    }
    return cost;
  }

  private PruningPlan plan(double asked) {
    double left = asked;
    Step[] next = new Step[curves.size()];
    Arrays.setAll(next, this::cheapest);
    while (left > 0) {
      int best = 0;
      for (int s = 1; s < next.length; s++) {
        if (next[s].price() < next[best].price()) {
          best = s;
        }
      }
      left -= (removed(best, next[best].level()) - removed(best, levels[best])) * weights[best];
      levels[best] = next[best].level();
      next[best] = cheapest(best);
    }
    return trimmed(-left);
  }

  /** A step of a curve: to which level, and its cost for each weight; level 0 if there is none. */
  private record Step(int level, double price) {}

  private Step cheapest(int s) {
    Step best = new Step(0, Double.POSITIVE_INFINITY);
    for (int level = levels[s] + 1; level < curves.get(s).getRemoved().size(); level++) {
      double price = price(s, level);
      if (price < best.price()) {
        best = new Step(level, price);
      }
    }
    return best;
  }

  /** Cost of a step for each weight that it removes. */
  private double price(int s, int next) {
    double gain = (removed(s, next) - removed(s, levels[s])) * weights[s];
    return (cost(s, next) - cost(s, levels[s])) / gain;
  }

  private double cost(int s, int level) {
    return (1 + (double) s / curves.size()) * curves.get(s).getErrors().get(level);
  }

  private int removed(int s, int level) {
    return curves.get(s).getRemoved().get(level);
  }

  /** The plan, with channels given back where they cost most. */
  private PruningPlan trimmed(double excess) {
    int[] gone = new int[levels.length];
    Arrays.setAll(gone, s -> removed(s, levels[s]));
    double left = excess;
    while (true) {
      int best = -1;
      double most = Double.NEGATIVE_INFINITY;
      for (int s = 0; s < levels.length; s++) {
        if (curves.get(s).getSublayer().getKind() == SublayerKind.FFN
            && gone[s] > 0
            && left >= weights[s] / 2
            && slope(s, gone[s]) > most) {
          most = slope(s, gone[s]);
          best = s;
        }
      }
      if (best < 0) {
        return plan(gone);
      }
      int level = levelBelow(best, gone[best]);
      int back = (int) Math.min(gone[best] - removed(best, level), Math.rint(left / weights[best]));
      gone[best] -= Math.max(1, back);
      left -= Math.max(1, back) * weights[best];
    }
  }

  /** The last level that removes fewer. */
  private int levelBelow(int s, int gone) {
    int level = 0;
    while (level + 1 < curves.get(s).getRemoved().size() && removed(s, level + 1) < gone) {
      level++;
    }
    return level;
  }

  /** Cost of the last units that went, for each weight. */
  private double slope(int s, int gone) {
    int level = levelBelow(s, gone);
    return (cost(s, level + 1) - cost(s, level))
        / ((removed(s, level + 1) - removed(s, level)) * weights[s]);
  }

  private PruningPlan plan(int... gone) {
    List<SublayerTarget> targets = new ArrayList<>();
    for (int s = 0; s < gone.length; s++) {
      RemovalCurve curve = curves.get(s);
      targets.add(
          new SublayerTarget(
              curve.getSublayer(),
              curve.getUnits(),
              gone[s],
              (double) gone[s] / curve.getUnits(),
              null));
    }
    return new PruningPlan(NAME, targets);
  }
}

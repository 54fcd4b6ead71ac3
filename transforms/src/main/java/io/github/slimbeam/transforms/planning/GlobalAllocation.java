// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Heads and channels of all layers compete by what removing more and more of each sub-layer's units
 * costs the dense model, see {@link CostCurve}. Where each layer may have widths of its own all
 * curves compete, see {@link WaterFilling}. Where all have the same heads, every number of KV
 * groups is tried: channels compete for what is left, or are the same everywhere as well; the
 * number whose curves' summed cost is least is taken, of those that meet the size.
 *
 * <p>At least one attention unit and a sixteenth of the channels stay in every layer.
 */
public final class GlobalAllocation {
  static final String NAME = "global";

  /** Of so many channels one at least stays. */
  private static final int CHANNELS_PER_FLOOR = 16;

  private final List<CostCurve> curves = new ArrayList<>();
  private final double asked;

  private GlobalAllocation(Model model, List<RemovalCurve> removals, PlanSize size, Widths widths) {
    this.asked = size.toRemove(model);
    for (RemovalCurve removal : removals) {
      double share = (double) curves.size() / removals.size();
      int most = most(model.config(), removal.getSublayer()).getRemoved();
      curves.add(new CostCurve(removal, share, model, size, widths, most));
    }
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
   * Checks that a model can become as small as is asked.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if not
   */
  static void check(Model model, PlanSize size, Widths widths) {
    ModelConfig config = model.config();
    double most = 0;
    for (int layer = 0; layer < config.layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        SublayerKey key = new SublayerKey(layer, kind);
        SublayerTarget limit = most(config, key);
        int[] removable =
            widths.removable(kind, limit.getUnits(), limit.getUnits() - limit.getRemoved());
        most += removable[removable.length - 1] * size.unit(model, key);
      }
    }
    double asked = size.toRemove(model);
    BadInputException.check(
        asked <= most,
        "⟨schedule⟩=global keeps a head and a sixteenth of the channels in every layer, so that %.0f %s"
            + " can go, and not %.0f: ask for less",
        most,
        size.counted(),
        asked);
  }

  /**
   * The plan that makes a model of the size, to the nearest channels that its widths allow.
   *
   * @param curves of every sub-layer, in the order in which they run
   * @throws io.github.slimbeam.transforms.storage.BadInputException if it cannot become so small
   */
  static PruningPlan plan(Model model, List<RemovalCurve> curves, PlanSize size, Widths widths) {
    check(model, size, widths);
    GlobalAllocation allocation = new GlobalAllocation(model, curves, size, widths);
    return new PruningPlan(
        NAME,
        widths.layout().equalHeads()
            ? allocation.equalHeads(widths.layout())
            : allocation.targets(WaterFilling.of(allocation.curves, allocation.asked)));
  }

  /**
   * What a plan costs by the curves: the sum of the errors, each with its weight, which
   * water-filling keeps as low as it can. Between two levels of a curve it is a straight line.
   *
   * @param curves of every sub-layer, in the order in which they run, as the plan has them
   */
  public static double cost(Model model, List<RemovalCurve> curves, PruningPlan plan) {
    GlobalAllocation all = new GlobalAllocation(model, curves, new PlanSize.Ratio(0), Widths.FREE);
    double cost = 0;
    for (int s = 0; s < curves.size(); s++) {
      cost += all.curves.get(s).cost(plan.getTargets().get(s).getRemoved());
    }
    return cost;
  }

  /** A plan, how far it is from what was asked, and what it costs. */
  private record Trial(List<SublayerTarget> plan, double miss, double cost) {
    /** Of two that meet the size the cheaper, else the nearer. */
    boolean isBetterThan(Trial other) {
      return miss == other.miss ? cost < other.cost : miss < other.miss;
    }
  }

  private List<SublayerTarget> equalHeads(Layout layout) {
    Trial best = trial(0, layout);
    for (int heads : curves.get(0).levels()) {
      Trial trial = trial(heads, layout);
      if (trial.isBetterThan(best)) {
        best = trial;
      }
    }
    return best.plan();
  }

  private Trial trial(int heads, Layout layout) {
    List<CostCurve> channels =
        curves.stream().filter(curve -> curve.kind() == SublayerKind.FFN).toList();
    double left = asked;
    for (CostCurve curve : curves) {
      left -= curve.kind() == SublayerKind.FFN ? 0 : heads * curve.unit();
    }
    boolean free = layout == Layout.FFN;
    int[] fromChannels = free ? WaterFilling.of(channels, left) : equalChannels(channels, left);
    int[] gone = new int[curves.size()];
    double cost = 0;
    for (int s = 0; s < gone.length; s++) {
      boolean isFfn = curves.get(s).kind() == SublayerKind.FFN;
      gone[s] = isFfn ? fromChannels[s / 2] : heads;
      left -= isFfn ? gone[s] * curves.get(s).unit() : 0;
      cost += curves.get(s).cost(gone[s]);
    }
    double rounding =
        channels.stream().mapToDouble(CostCurve::stepped).reduce(0, free ? Math::max : Double::sum);
    double miss = Math.abs(left) <= rounding / 2 ? 0 : Math.abs(left);
    return new Trial(targets(gone), miss, cost);
  }

  private static int[] equalChannels(List<CostCurve> channels, double asked) {
    double unit = channels.stream().mapToDouble(CostCurve::unit).sum();
    int[] gone = new int[channels.size()];
    Arrays.fill(gone, channels.get(0).nearest(asked / unit));
    return gone;
  }

  private List<SublayerTarget> targets(int... gone) {
    List<SublayerTarget> targets = new ArrayList<>();
    for (int s = 0; s < gone.length; s++) {
      targets.add(curves.get(s).target(gone[s]));
    }
    return targets;
  }
}

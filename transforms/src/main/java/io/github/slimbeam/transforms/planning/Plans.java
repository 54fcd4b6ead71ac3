// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;

/**
 * From ratios to whole units, halves to even as in the authors' code. Channels are rounded per
 * layer. Attention units are few, so their rounding error is carried to the next layer, and the sum
 * over the layers is off by half a unit at most; at least one unit stays everywhere. Where heads
 * cannot go without a change to the function, channels make up for their share. {@link Widths} may
 * allow fewer widths; then channels make up for what rounding heads gives up.
 */
public final class Plans {
  private Plans() {}

  /** The plan of a schedule with this mean ratio, beginning at a quarter of it. */
  public static PruningPlan of(ModelConfig config, RatioSchedule schedule, double mean) {
    return of(
        config, schedule.optionName(), schedule.withMean(config.layers().size(), mean, Double.NaN));
  }

  /** The plan that these ratios, one a layer, make for a model, rounding errors carried. */
  public static PruningPlan of(ModelConfig config, String schedule, List<Double> ratios) {
    return of(config, schedule, ratios, Rounding.CARRIED, Widths.FREE);
  }

  /** The plan that these ratios, one a layer, make for a model of such widths. */
  public static PruningPlan of(
      ModelConfig config, String schedule, List<Double> ratios, Rounding rounding, Widths widths) {
    return new WholeUnits(config, ratios, rounding, widths).plan(schedule);
  }

  /**
   * The plan whose model is of a size as nearly as units allow: bisects the mean ratio.
   *
   * @param byMean makes the ratios for a mean
   */
  static PruningPlan sized(
      Model model,
      String schedule,
      PlanSize size,
      DoubleFunction<List<Double>> byMean,
      Rounding rounding,
      Widths widths) {
    ModelConfig config = model.config();
    double asked = size.toRemove(model);
    double inLayers = (double) size.of(model, config.layers()) - size.of(model, List.of());
    double low = 0;
    double high = Math.min(0.999, asked * 1.5 / inLayers + 0.01);
    PruningPlan best = of(config, schedule, byMean.apply(0), rounding, widths);
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      PruningPlan plan;
      try {
        plan = of(config, schedule, byMean.apply(middle), rounding, widths);
      } catch (BadInputException e) {
        high = middle;
        continue;
      }
      if (Math.abs(removed(model, plan, size) - asked)
          < Math.abs(removed(model, best, size) - asked)) {
        best = plan;
      }
      if (removed(model, plan, size) < asked) {
        low = middle;
      } else {
        high = middle;
      }
    }
    check(
        Math.abs(removed(model, best, size) - asked) <= tolerance(model, size, widths),
        "⟨%s⟩=%s: schedule %s reaches %d at the nearest; choose a flatter ⟨schedule⟩",
        size.option(),
        size.value(),
        schedule,
        size.of(model, shapes(config, best)));
    return best;
  }

  /** The layer shapes that a plan leaves. */
  public static List<LayerShape> shapes(ModelConfig config, PruningPlan plan) {
    List<LayerShape> shapes = new ArrayList<>(config.layers());
    for (SublayerTarget target : plan.getTargets()) {
      int layer = target.getSublayer().getLayer();
      shapes.set(
          layer,
          shapes
              .get(layer)
              .keeping(target.getSublayer().getKind(), target.getUnits() - target.getRemoved()));
    }
    return shapes;
  }

  /** Share of the decoder layers' linear weights that a plan removes. */
  public static double removedShare(ModelConfig config, PruningPlan plan) {
    return 1
        - (double) config.linearParameters(shapes(config, plan))
            / config.linearParameters(config.layers());
  }

  private static double removed(Model model, PruningPlan plan, PlanSize size) {
    return (double) size.of(model, model.config().layers())
        - size.of(model, shapes(model.config(), plan));
  }

  /** One step of attention units, and one of channels in every layer: what rounding can cost. */
  private static double tolerance(Model model, PlanSize size, Widths widths) {
    int layers = model.config().layers().size();
    double total = 0;
    for (int layer = 0; layer < layers; layer++) {
      total +=
          widths.roundHeads()
                  * size.unit(model, new SublayerKey(layer, SublayerKind.ATTENTION))
                  / layers
              + widths.roundChannels() * size.unit(model, new SublayerKey(layer, SublayerKind.FFN));
    }
    return total;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.annotation.JsonValue;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * From ratios to whole units, halves to even as in the authors' code. Channels are rounded per
 * layer. Attention units are few, so their rounding error is carried to the next layer, and the sum
 * over the layers is off by half a unit at most; at least one unit stays everywhere. Where heads
 * cannot go without a change to the function, channels make up for their share.
 */
public final class Plans {
  /** How attention units, of which a layer has few, are rounded. */
  public enum Rounding {
    /**
     * A layer's rounding error is carried to the next, so that the model's mean is met: the
     * default.
     */
    CARRIED,
    /** Each layer by itself, as in the authors' code. */
    NEAREST;

    /** Its name on the command line. */
    @JsonValue
    public String optionName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private Plans() {}

  /** The plan of a schedule with this mean ratio, beginning at a quarter of it. */
  public static PruningPlan of(ModelConfig config, RatioSchedule schedule, double mean) {
    return of(
        config, schedule.optionName(), schedule.withMean(config.layers().size(), mean, Double.NaN));
  }

  /** The plan that these ratios, one a layer, make for a model, rounding errors carried. */
  public static PruningPlan of(ModelConfig config, String schedule, List<Double> ratios) {
    return of(config, schedule, ratios, Rounding.CARRIED);
  }

  /** The plan that these ratios, one a layer, make for a model. */
  public static PruningPlan of(
      ModelConfig config, String schedule, List<Double> ratios, Rounding rounding) {
    List<SublayerTarget> targets = new ArrayList<>();
    double carried = 0;
    for (int layer = 0; layer < ratios.size(); layer++) {
      double asked = ratios.get(layer);
      LayerShape shape = config.layers().get(layer);
      double heads = config.isPrunable(SublayerKind.ATTENTION) ? asked : 0;
      double wanted = heads * shape.groups() + carried;
      int units = (int) Math.max(0, Math.min(shape.groups() - 1, Math.rint(wanted)));
      carried = rounding == Rounding.CARRIED ? wanted - units : 0;
      targets.add(target(layer, SublayerKind.ATTENTION, shape, units, heads));
      double ratio = asked + (asked - heads) * attentionPerChannels(config, shape);
      int channels = (int) Math.rint(ratio * shape.channels());
      check(
          channels < shape.channels(),
          "layer %d: a ratio of %.4f would remove all %d channels; choose a lower ⟨pruningRatio⟩",
          layer,
          ratio,
          shape.channels());
      targets.add(target(layer, SublayerKind.FFN, shape, channels, ratio));
    }
    return new PruningPlan(schedule, targets);
  }

  /**
   * The plan whose model has as nearly as units allow {@code parameters} parameters: bisects the
   * mean ratio.
   *
   * @param byMean makes the ratios for a mean
   */
  public static PruningPlan withParameters(
      ModelConfig config,
      String schedule,
      long parameters,
      DoubleFunction<List<Double>> byMean,
      Rounding rounding) {
    checkTarget(config, parameters);
    long dense = config.parameters(config.layers());
    double low = 0;
    double high =
        Math.min(0.999, (dense - parameters) * 1.5 / (dense - config.parameters(List.of())) + 0.01);
    PruningPlan best = of(config, schedule, byMean.apply(0), rounding);
    for (int i = 0; i < 60; i++) {
      double middle = (low + high) / 2;
      PruningPlan plan;
      try {
        plan = of(config, schedule, byMean.apply(middle), rounding);
      } catch (BadInputException e) {
        high = middle;
        continue;
      }
      if (distance(config, plan, parameters) < distance(config, best, parameters)) {
        best = plan;
      }
      if (config.parameters(shapes(config, plan)) > parameters) {
        low = middle;
      } else {
        high = middle;
      }
    }
    long reached = config.parameters(shapes(config, best));
    check(
        Math.abs(reached - parameters) <= tolerance(config),
        "⟨targetParameters⟩=%d: schedule %s reaches %d at the nearest; choose a flatter ⟨schedule⟩",
        parameters,
        schedule,
        reached);
    return best;
  }

  /** Checks that a model can have so many parameters at all. */
  static void checkTarget(ModelConfig config, long parameters) {
    long dense = config.parameters(config.layers());
    check(
        parameters <= dense && parameters > config.parameters(List.of()),
        "⟨targetParameters⟩=%d: expected at most the dense model's %d and more than the %d outside its layers",
        parameters,
        dense,
        config.parameters(List.of()));
  }

  /** Linear weights of a layer's attention for each of its FFN. */
  private static double attentionPerChannels(ModelConfig config, LayerShape shape) {
    return (double) config.linearParameters(SublayerKind.ATTENTION, shape)
        / config.linearParameters(SublayerKind.FFN, shape);
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
        - (double) linearParameters(config, shapes(config, plan))
            / linearParameters(config, config.layers());
  }

  static long linearParameters(ModelConfig config, List<LayerShape> shapes) {
    long total = 0;
    for (LayerShape shape : shapes) {
      for (SublayerKind kind : SublayerKind.values()) {
        total += config.linearParameters(kind, shape);
      }
    }
    return total;
  }

  private static long distance(ModelConfig config, PruningPlan plan, long parameters) {
    return Math.abs(config.parameters(shapes(config, plan)) - parameters);
  }

  /** One attention unit and a channel in every layer: what rounding can cost. */
  private static long tolerance(ModelConfig config) {
    long total = 0;
    for (LayerShape shape : config.layers()) {
      total +=
          config.linearParameters(SublayerKind.ATTENTION, shape)
                  / shape.groups()
                  / config.layers().size()
              + config.linearParameters(SublayerKind.FFN, shape) / shape.channels();
    }
    return total;
  }

  private static SublayerTarget target(
      int layer, SublayerKind kind, LayerShape shape, int removed, double ratio) {
    return new SublayerTarget(
        new SublayerKey(layer, kind), shape.units(kind), removed, ratio, null);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a plan shall be: a schedule and a size. Some schedules are formulas ({@link RatioSchedule});
 * {@link #SIMILARITY}, {@link #FLAP} and {@link #GLOBAL} need a dense pass over the calibration
 * windows first.
 *
 * @param schedule name of the schedule
 * @param ratio mean share to remove
 * @param targetParameters parameters to reach instead, or null
 * @param first where a formula begins; NaN for a quarter of the mean
 * @param last where it ends instead of meeting the mean; NaN if it shall meet it
 * @param rounding how attention units are rounded
 */
public record PlanRequest(
    String schedule,
    double ratio,
    @Nullable Long targetParameters,
    double first,
    double last,
    Plans.Rounding rounding)
    implements Serializable {
  /** SlimLLM's: most where the layers' input and output are most alike. */
  public static final String SIMILARITY = SimilaritySchedule.NAME;

  /** FLAP's adaptive allocation: one threshold for the standardised scores of all units. */
  public static final String FLAP = FlapAllocation.NAME;

  /** Ours: heads and channels of all layers compete, see {@link GlobalAllocation}. */
  public static final String GLOBAL = GlobalAllocation.NAME;

  /** Checks what can be checked without a model. */
  public PlanRequest {
    check(names().contains(schedule), "⟨schedule⟩=%s: expected one of %s", schedule, names());
    check(ratio >= 0 && ratio < 1, "⟨pruningRatio⟩=%s: expected 0 ≤ ratio < 1", ratio);
    check(Double.isNaN(last) || !Double.isNaN(first), "⟨lastRatio⟩ needs ⟨firstRatio⟩");
    check(
        Double.isNaN(first) || !needsData(schedule),
        "⟨firstRatio⟩ does not go with ⟨schedule⟩=%s, whose ratios follow from the data",
        schedule);
    check(
        targetParameters == null || !schedule.equals(FLAP),
        "⟨targetParameters⟩ does not go with ⟨schedule⟩=flap, which takes whole units by threshold: give ⟨pruningRatio⟩");
  }

  /** A schedule that meets a mean ratio. */
  public static PlanRequest of(String schedule, double ratio) {
    return new PlanRequest(schedule, ratio, null, Double.NaN, Double.NaN, Plans.Rounding.CARRIED);
  }

  /** Names of all schedules, formulas first, as the command line takes them. */
  public static List<String> names() {
    return Arrays.stream(Schedule.values()).map(Schedule::optionName).toList();
  }

  /** Whether the plan needs a dense pass. */
  public boolean needsData() {
    return needsData(schedule);
  }

  private static boolean needsData(String schedule) {
    return formula(schedule).isEmpty();
  }

  private static Optional<RatioSchedule> formula(String schedule) {
    return Arrays.stream(Schedule.values())
        .filter(s -> s.optionName().equals(schedule))
        .findFirst()
        .flatMap(Schedule::formula);
  }

  /** The plan of a formula. */
  public PruningPlan plan(ModelConfig config) {
    RatioSchedule formula =
        formula(schedule)
            .orElseThrow(() -> new IllegalStateException(schedule + " needs a dense pass"));
    int layers = config.layers().size();
    return Double.isNaN(last)
        ? sized(config, mean -> formula.withMean(layers, mean, first))
        : Plans.of(config, schedule, formula.between(layers, first, last), rounding);
  }

  /**
   * The plan of a schedule that needs a dense pass, given what the pass says of each layer, in
   * order.
   */
  public PruningPlan plan(Model model, List<LayerStatistics> statistics) throws IOException {
    if (schedule.equals(FLAP)) {
      return FlapAllocation.plan(model, statistics, ratio);
    }
    List<Double> cosines = statistics.stream().map(s -> s.getCosineSum() / s.getTokens()).toList();
    return sized(model.config(), mean -> SimilaritySchedule.ratios(cosines, mean));
  }

  /** Whether it is of curves, which a dense pass makes. */
  public boolean needsCurves() {
    return schedule.equals(GLOBAL);
  }

  /** The plan of a schedule that needs curves, given those of every sub-layer, in order. */
  public PruningPlan planOf(ModelConfig config, List<RemovalCurve> curves) {
    return GlobalAllocation.plan(config, curves, weights(config));
  }

  /** Checks what can be told of such a plan without curves. */
  public void checkWithoutCurves(ModelConfig config) {
    GlobalAllocation.check(config, weights(config));
  }

  /** Linear weights that are to be removed. */
  private double weights(ModelConfig config) {
    if (targetParameters == null) {
      return ratio * Plans.linearParameters(config, config.layers());
    }
    Plans.checkTarget(config, targetParameters);
    return config.parameters(config.layers()) - (double) targetParameters;
  }

  private PruningPlan sized(ModelConfig config, DoubleFunction<List<Double>> byMean) {
    return targetParameters == null
        ? Plans.of(config, schedule, byMean.apply(ratio), rounding)
        : Plans.withParameters(config, schedule, targetParameters, byMean, rounding);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.transforms.model.Model;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleFunction;

/**
 * What a plan shall be: a schedule, a size, and widths that may be left. Some schedules are
 * formulas ({@link RatioSchedule}); {@link #SIMILARITY}, {@link #FLAP} and {@link #GLOBAL} need a
 * dense pass over the calibration windows first.
 *
 * @param schedule name of the schedule
 * @param size how large the model shall be
 * @param first where a formula begins; NaN for a quarter of the mean
 * @param last where it ends instead of making the size; NaN if it shall make it
 * @param rounding how attention units are rounded
 * @param widths which widths may be left
 */
public record PlanRequest(
    String schedule, PlanSize size, double first, double last, Rounding rounding, Widths widths)
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
    check(Double.isNaN(last) || !Double.isNaN(first), "⟨lastRatio⟩ needs ⟨firstRatio⟩");
    check(
        Double.isNaN(first) || !needsData(schedule),
        "⟨firstRatio⟩ does not go with ⟨schedule⟩=%s, whose ratios follow from the data",
        schedule);
    check(
        size instanceof PlanSize.Ratio || !schedule.equals(FLAP),
        "⟨%s⟩ does not go with ⟨schedule⟩=flap, which takes whole units by threshold: give ⟨pruningRatio⟩",
        size.option());
    check(
        widths.isFree() || !schedule.equals(FLAP),
        "⟨%s⟩ does not go with ⟨schedule⟩=flap, which takes whole units by threshold: choose another ⟨schedule⟩",
        widths.option());
    checkLayout(widths.layout(), schedule, rounding);
  }

  private static void checkLayout(Layout layout, String schedule, Rounding rounding) {
    check(
        layout != Layout.UNIFORM
            || schedule.equals(RatioSchedule.UNIFORM.optionName())
            || schedule.equals(GLOBAL),
        "⟨layout⟩=uniform does not go with ⟨schedule⟩=%s, whose layers differ: leave one of them out",
        schedule);
    check(
        !layout.equalHeads() || rounding == Rounding.NEAREST,
        "⟨layout⟩=%s does not go with ⟨rounding⟩=carried, which gives neighbouring layers different units: leave"
            + " one of them out",
        layout.optionName());
  }

  /** A schedule that meets a mean ratio. */
  public static PlanRequest of(String schedule, double ratio) {
    return of(schedule, new PlanSize.Ratio(ratio), Widths.FREE);
  }

  /** A schedule that makes a model of a size and of such widths. */
  public static PlanRequest of(String schedule, PlanSize size, Widths widths) {
    return new PlanRequest(
        schedule, size, Double.NaN, Double.NaN, widths.layout().rounding(), widths);
  }

  /** The same of another size. */
  PlanRequest sized(PlanSize other) {
    return new PlanRequest(schedule, other, first, last, rounding, widths);
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
  public PruningPlan plan(Model model) {
    RatioSchedule formula =
        formula(schedule)
            .orElseThrow(() -> new IllegalStateException(schedule + " needs a dense pass"));
    int layers = model.config().layers().size();
    return Double.isNaN(last)
        ? byMean(model, mean -> formula.withMean(layers, mean, first))
        : Plans.of(
            model.config(), schedule, formula.between(layers, first, last), rounding, widths);
  }

  /**
   * The plan of a schedule that needs a dense pass, given what the pass says of each layer, in
   * order.
   */
  public PruningPlan plan(Model model, List<LayerStatistics> statistics) throws IOException {
    if (schedule.equals(FLAP)) {
      return FlapAllocation.plan(model, statistics, ((PlanSize.Ratio) size).ratio());
    }
    List<Double> cosines = statistics.stream().map(s -> s.getCosineSum() / s.getTokens()).toList();
    return byMean(model, mean -> SimilaritySchedule.ratios(cosines, mean));
  }

  /** Whether it is of curves, which a dense pass makes. */
  public boolean needsCurves() {
    return schedule.equals(GLOBAL);
  }

  /** The plan of a schedule that needs curves, given those of every sub-layer, in order. */
  public PruningPlan planOf(Model model, List<RemovalCurve> curves) {
    return GlobalAllocation.plan(model, curves, size, widths);
  }

  /**
   * Checks what can be told of the plan before there is any data.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if the model cannot be made of
   *     the size, or have such widths
   */
  public void checkFor(Model model) {
    widths.checkFor(model.config());
    size.toRemove(model);
    if (needsCurves()) {
      GlobalAllocation.check(model, size, widths);
    } else if (!needsData()) {
      plan(model);
    }
  }

  private PruningPlan byMean(Model model, DoubleFunction<List<Double>> ratios) {
    return size instanceof PlanSize.Ratio asked
        ? Plans.of(model.config(), schedule, ratios.apply(asked.ratio()), rounding, widths)
        : Plans.sized(model, schedule, size, ratios, rounding, widths);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.PlanPruning;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.KeptUnits;
import io.github.slimbeam.transforms.planning.CurvesFile;
import io.github.slimbeam.transforms.planning.MetSize;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.RatioSchedule;
import io.github.slimbeam.transforms.planning.Shortfall;
import io.github.slimbeam.transforms.planning.Widths;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.storage.UserText;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How much goes where, as the options ask: by a schedule, or as a file has it.
 *
 * @param request a schedule and a size; null where units are given
 * @param known the plan, where it does not follow from calibration
 * @param curves that it follows from, where a former run measured them
 */
public record AskedPlan(
    @Nullable PlanRequest request, Optional<PruningPlan> known, Optional<MeasuredCurves> curves) {
  /**
   * What is asked for.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if it cannot be made for this
   *     model, as far as that can be told without data
   */
  public static AskedPlan of(RecipeOptions options, Combination method, Model model)
      throws IOException {
    PlanRecipe.checkPadding(options, method, model);
    if (options.getKept() != null) {
      return new AskedPlan(
          null,
          Optional.of(
              KeptUnits.plan(model.checkpoint().storage(), options.getKept(), model.config())),
          Optional.empty());
    }
    PlanRequest request = PlanRecipe.of(options, method, model);
    if (options.getCurves() != null) {
      check(
          request.needsCurves(),
          "--curves does not go with --schedule=%s, which does not follow from them: leave one of them out",
          request.schedule());
      MeasuredCurves curves =
          CurvesFile.read(model.checkpoint().storage(), options.getCurves(), model.config());
      CurvesFile.checkOptions(
          curves, CurvesFile.options(method.elimination(), PruneRecipes.compute(options)));
      return new AskedPlan(
          request, Optional.of(request.planOf(model, curves.getCurves())), Optional.of(curves));
    }
    return new AskedPlan(
        request,
        request.needsData() ? Optional.empty() : Optional.of(request.plan(model)),
        Optional.empty());
  }

  /** Which widths may be left. */
  public Widths widths() {
    return request == null ? Widths.FREE : request.widths();
  }

  /** The step that makes it. */
  PlanPruning planning(Combination method, PruningWork work, int layers) {
    if (curves.isPresent()) {
      return PlanPruning.as(known.orElseThrow(), curves.get());
    }
    return request == null
        ? PlanPruning.as(known.orElseThrow())
        : PlanPruning.by(request, work).eliminatingBy(method.elimination(), layers);
  }

  /** Whether it takes a dense pass that describes the layers. */
  public boolean describes() {
    return request != null && request.needsData() && !request.needsCurves();
  }

  /** Whether it takes a dense pass that measures removals. */
  public boolean measures() {
    return request != null && request.needsCurves() && curves.isEmpty();
  }

  /**
   * A plan in place of one that follows from the data: ratios that do have the mean that was asked
   * for, and so has this.
   */
  public PruningPlan standIn(Model model) {
    PlanRequest asked = requireNonNull(request, "or it is known");
    return new PlanRequest(
            RatioSchedule.UNIFORM.optionName(),
            asked.size(),
            Double.NaN,
            Double.NaN,
            asked.rounding(),
            asked.widths())
        .plan(model);
  }

  /** That a plan of it does not meet the ratio; nothing where it does, or none was asked for. */
  public Optional<UserText> shortfall(PruningPlan plan, Model dense) {
    return request == null ? Optional.empty() : Shortfall.of(request, plan, dense);
  }

  /** What whole units and widths that are not free gave up; nothing where that is not asked. */
  public Optional<UserText> met(List<LayerShape> after, Model dense) {
    return request == null ? Optional.empty() : MetSize.of(request, after, dense);
  }

  /** What decides it, for the record. */
  List<RecipeOption> recorded(RecipeOptions options) {
    List<RecipeOption> all =
        request == null
            ? new ArrayList<>(List.of(new RecipeOption("kept", options.getKept())))
            : PlanRecipe.recorded(request);
    if (options.getPadToUniform()) {
      all.add(new RecipeOption("padToUniform", "true"));
    }
    if (options.getCurves() != null) {
      all.add(new RecipeOption("curves", options.getCurves()));
    }
    return all;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNullElse;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.Padding;
import io.github.slimbeam.transforms.planning.Layout;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.PlanSize;
import io.github.slimbeam.transforms.planning.Rounding;
import io.github.slimbeam.transforms.planning.Schedule;
import io.github.slimbeam.transforms.planning.Widths;
import io.github.slimbeam.transforms.pruning.Combination;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** From options to a plan, and its record. */
final class PlanRecipe {
  private static final double DEFAULT_RATIO = 0.2;

  private PlanRecipe() {}

  /**
   * The plan that is asked for, with the method's schedule or another.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if it cannot be made for this
   *     model, as far as that can be told without data
   */
  static PlanRequest of(RecipeOptions options, Combination method, Model model) {
    Layout layout = options.getLayout();
    PlanRequest plan =
        new PlanRequest(
            schedule(options, method, layout),
            size(options, method),
            options.getFirstRatio() == null ? Double.NaN : options.getFirstRatio(),
            options.getLastRatio() == null ? Double.NaN : options.getLastRatio(),
            rounding(options, layout),
            new Widths(layout, options.getRoundChannels(), options.getRoundHeads()));
    plan.checkFor(model);
    return plan;
  }

  private static PlanSize size(RecipeOptions options, Combination method) {
    long sizes =
        Stream.of(
                options.getPruningRatio(),
                options.getTargetParameters(),
                options.getTargetBytes(),
                options.getLastRatio())
            .filter(Objects::nonNull)
            .count();
    check(
        sizes <= 1,
        "--pruningRatio, --targetParameters, --targetBytes and --lastRatio each decide how much is removed: give one"
            + " of them");
    boolean biases = method.recovery().makesBias();
    if (options.getTargetParameters() != null) {
      return new PlanSize.Parameters(options.getTargetParameters(), biases);
    }
    return options.getTargetBytes() == null
        ? new PlanSize.Ratio(requireNonNullElse(options.getPruningRatio(), DEFAULT_RATIO))
        : new PlanSize.Bytes(options.getTargetBytes(), biases);
  }

  /** Checks that zeros up to the widest layer can be written, if they are asked for. */
  static void checkPadding(RecipeOptions options, Combination method, Model model) {
    if (!options.getPadToUniform()) {
      return;
    }
    check(
        options.getLayout() != Layout.UNIFORM,
        "--padToUniform does not go with --layout=uniform, whose layers are of the same width already: leave one of"
            + " them out");
    check(
        options.getTargetParameters() == null && options.getTargetBytes() == null,
        "--%s does not go with --padToUniform, which makes the written model larger than its plan: give"
            + " --pruningRatio",
        options.getTargetBytes() == null ? "targetParameters" : "targetBytes");
    check(
        !method.recovery().makesBias(),
        "--padToUniform does not go with --recovery=%s: no stock class has biases on the closing linears alone; choose"
            + " compensation or none",
        method.recovery().optionName());
    Padding.checkFor(model.config());
  }

  private static String schedule(RecipeOptions options, Combination method, Layout layout) {
    if (options.getSchedule() != null) {
      return options.getSchedule().optionName();
    }
    String own = method.profile().schedule();
    return layout == Layout.UNIFORM && !own.equals(PlanRequest.GLOBAL)
        ? Schedule.UNIFORM.optionName()
        : own;
  }

  private static Rounding rounding(RecipeOptions options, Layout layout) {
    return options.getRounding() == null ? layout.rounding() : options.getRounding();
  }

  /** What decides the plan, for the record. */
  static List<RecipeOption> recorded(PlanRequest plan) {
    List<RecipeOption> all = new ArrayList<>();
    all.add(new RecipeOption("schedule", plan.schedule()));
    all.add(new RecipeOption("rounding", plan.rounding().optionName()));
    Widths widths = plan.widths();
    if (widths.layout() != Layout.PER_LAYER) {
      all.add(new RecipeOption("layout", widths.layout().optionName()));
    }
    if (widths.roundChannels() > 1) {
      all.add(new RecipeOption("roundChannels", Integer.toString(widths.roundChannels())));
    }
    if (widths.roundHeads() > 1) {
      all.add(new RecipeOption("roundHeads", Integer.toString(widths.roundHeads())));
    }
    all.add(
        Double.isNaN(plan.last())
            ? new RecipeOption(plan.size().option(), plan.size().value())
            : new RecipeOption("lastRatio", Double.toString(plan.last())));
    if (!Double.isNaN(plan.first())) {
      all.add(new RecipeOption("firstRatio", Double.toString(plan.first())));
    }
    return all;
  }
}

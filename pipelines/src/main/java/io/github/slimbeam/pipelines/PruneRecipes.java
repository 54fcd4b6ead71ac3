package io.github.slimbeam.pipelines;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.pruning.GroupSizes;
import io.github.slimbeam.transforms.pruning.HeadScore;
import io.github.slimbeam.transforms.pruning.Plans;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.RatioSchedule;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** From options to a method, a plan and the record of both. */
final class PruneRecipes {
  private PruneRecipes() {}

  /** The method that the options name. */
  static PruningMethod method(PruneOptions options) {
    check(
        options.getMethod().equals("slimgpt"),
        "--method=%s: no such method; there is: slimgpt",
        options.getMethod());
    check(
        options.getDamping() >= 0 && options.getDamping() < 1,
        "--damping=%s: expected 0 ≤ damping < 1",
        options.getDamping());
    return new SlimGpt(
        choice("headScore", options.getHeadScore(), HeadScore.values()),
        choice("groupSizes", options.getGroupSizes(), GroupSizes.values()),
        options.getDamping());
  }

  /** The plan that the options make for a model. */
  static PruningPlan plan(PruneOptions options, ModelConfig config) {
    RatioSchedule schedule = choice("schedule", options.getSchedule(), RatioSchedule.values());
    double first = options.getFirstRatio() == null ? Double.NaN : options.getFirstRatio();
    int layers = config.layers().size();
    if (options.getTargetParameters() != null) {
      return Plans.withParameters(
          config,
          schedule.optionName(),
          options.getTargetParameters(),
          mean -> schedule.withMean(layers, mean, first));
    }
    check(
        options.getLastRatio() == null || options.getFirstRatio() != null,
        "--lastRatio needs --firstRatio");
    List<Double> ratios =
        options.getLastRatio() == null
            ? schedule.withMean(layers, options.getPruningRatio(), first)
            : schedule.between(layers, first, options.getLastRatio());
    return Plans.of(config, schedule.optionName(), ratios);
  }

  /** What decides the result, for the record. */
  static PruningRecipe recipe(PruneOptions options, PruningMethod method, int sequenceLength) {
    List<RecipeOption> all = new ArrayList<>(method.options());
    if (options.getTargetParameters() != null) {
      all.add(new RecipeOption("targetParameters", options.getTargetParameters().toString()));
    } else if (options.getLastRatio() != null) {
      all.add(new RecipeOption("lastRatio", options.getLastRatio().toString()));
    } else {
      all.add(new RecipeOption("pruningRatio", Double.toString(options.getPruningRatio())));
    }
    if (options.getFirstRatio() != null) {
      all.add(new RecipeOption("firstRatio", options.getFirstRatio().toString()));
    }
    all.add(new RecipeOption("schedule", options.getSchedule()));
    all.add(new RecipeOption("calibration", options.getCalibration()));
    if (options.getSequences() != null) {
      all.add(new RecipeOption("sequences", options.getSequences().toString()));
    }
    all.add(new RecipeOption("sequenceLength", Integer.toString(sequenceLength)));
    all.add(new RecipeOption("seed", Long.toString(options.getSeed())));
    all.add(new RecipeOption("shards", Integer.toString(options.getShards())));
    return new PruningRecipe(method.name(), all);
  }

  private static <E extends Enum<E>> E choice(String option, String value, E[] values) {
    List<String> names =
        Arrays.stream(values)
            .map(v -> v.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .toList();
    int index = names.indexOf(value);
    check(index >= 0, "--%s=%s: expected one of %s", option, value, names);
    return values[index];
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNullElse;

import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.calibration.SampleRule;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.cost.Parts;
import io.github.slimbeam.transforms.forward.Batches;
import io.github.slimbeam.transforms.forward.Compute;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.GivenUnits;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.Refit;
import io.github.slimbeam.transforms.pruning.Refitting;
import io.github.slimbeam.transforms.statistics.ShardCount;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** From options to a method, and the record of a run. */
public final class PruneRecipes {

  private PruneRecipes() {}

  /** The method that the options name, with its recovery or another. */
  public static Combination method(RecipeOptions options) {
    PruningMethod selection = selection(options);
    PruningMethod.Profile own = selection.profile();
    return new Combination(
        selection,
        requireNonNullElse(options.getRecovery(), own.recovery()),
        requireNonNullElse(options.getTarget(), own.target()),
        refitting(options, requireNonNullElse(options.getRefit(), own.refit())));
  }

  private static PruningMethod selection(RecipeOptions options) {
    if (options.getKept() == null) {
      return MethodRow.orDefault(options.getMethod()).made(options);
    }
    KeptOption.checkAlone(options);
    return new GivenUnits();
  }

  private static Refitting refitting(RecipeOptions options, Refit refit) {
    check(
        refit == Refit.FULL
            || (options.getRefitRounds() == null && options.getRefitTokens() == null),
        "--refitRounds and --refitTokens belong to --refit=full and mean nothing to --refit=%s: leave them out",
        refit.optionName());
    check(
        options.getRefitTokens() == null || options.getRefitTokens() > 0,
        "--refitTokens=%s: expected a positive number",
        options.getRefitTokens());
    return new Refitting(
        refit,
        requireNonNullElse(options.getRefitRounds(), Refitting.ROUNDS),
        requireNonNullElse(options.getRefitTokens(), 0L));
  }

  /**
   * What decides the result, for the record.
   *
   * @param plan what decides the plan
   */
  static PruningRecipe recipe(
      PruneOptions options,
      PruningMethod method,
      List<RecipeOption> plan,
      int length,
      Parts parts) {
    List<RecipeOption> all = new ArrayList<>(method.options());
    all.addAll(plan);
    all.add(new RecipeOption("calibration", options.getCalibration()));
    if (!options.getTextField().equals(TextFile.TEXT_FIELD)) {
      all.add(new RecipeOption("textField", options.getTextField()));
    }
    if (options.getSequences() != null) {
      all.add(new RecipeOption("sequences", options.getSequences().toString()));
    }
    all.add(new RecipeOption("sequenceLength", Integer.toString(length)));
    if (all.stream().noneMatch(o -> o.getName().equals("seed"))) {
      all.add(new RecipeOption("seed", Long.toString(options.getSeed())));
    }
    if (compute(options) != Compute.FLOAT32) {
      all.add(new RecipeOption("compute", compute(options).optionName()));
    }
    all.add(new RecipeOption("shards", Integer.toString(parts.shards())));
    if (parts.batchTokens() != Batches.MAX_TOKENS) {
      all.add(new RecipeOption("batchTokens", Integer.toString(parts.batchTokens())));
    }
    return new PruningRecipe(method.name(), all);
  }

  /** What the forward passes are computed in. */
  static Compute compute(RecipeOptions options) {
    return options.getCompute() == null ? Compute.FLOAT32 : options.getCompute();
  }

  /** Checks what is neither method nor plan. */
  public static void checkNumbers(RecipeOptions options) {
    check(
        options.getMemory() == null || options.getMemory() > 0,
        "--memory=%s: expected a positive number of GiB",
        options.getMemory());
    check(
        options.getMemory() == null || options.getShards() == null,
        "--memory decides how many shards there are: leave out one of --memory and --shards");
    check(
        options.getSequences() == null || options.getSequences() > 0,
        "--sequences=%s: expected a positive number",
        options.getSequences());
    check(
        options.getMaxFileBytes() > 0,
        "--maxFileBytes=%s: expected a positive number",
        options.getMaxFileBytes());
    check(
        options.getLayersPerJob() >= 0,
        "--layersPerJob=%d: expected a positive number, or 0 for all",
        options.getLayersPerJob());
    check(
        options.getShards() == null || options.getShards() > 0,
        "--shards=%d: expected a positive number",
        options.getShards());
  }

  /** Calibration windows, where they are drawn from texts; of windows that are given, all count. */
  public static int sequences(RecipeOptions options) {
    return options.getSequences() == null ? SampleRule.DEFAULT_SEQUENCES : options.getSequences();
  }

  /** Parts in which they travel. */
  public static int shards(RecipeOptions options, ModelConfig config, int length) {
    return options.getShards() == null
        ? ShardCount.of(sequences(options), length, config.widestClosing())
        : options.getShards();
  }

  /** What to say where a run has fewer shards than workers. */
  static Optional<String> idleWorkers(RecipeOptions options, int shards) {
    int workers = options.getParallelism();
    return shards >= workers
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "warning: %d workers, but the calibration windows travel in %d shards: the others stay idle."
                    + " --shards=%d uses them all, if there are as many windows",
                workers,
                shards,
                workers));
  }

  /** How many layers are pruned in one job. */
  public static int layersPerJob(RecipeOptions options, int layers) {
    return options.getLayersPerJob() == 0 ? layers : options.getLayersPerJob();
  }
}

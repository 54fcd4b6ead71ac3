package io.github.slimbeam.runners;

import io.github.slimbeam.transforms.PruningWork;
import java.util.Locale;
import java.util.Optional;

/**
 * Where a job runs, by its options: a Flink cluster, a runner that was named, or embedded Flink.
 */
final class RunnerChoice {
  private RunnerChoice() {}

  /**
   * Completes a command's options for the runner they name.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if a cluster was named that
   *     cannot be used
   */
  static String[] complete(String command, String... args) {
    CommandOptions options = new CommandOptions(args);
    if (RemoteFlink.isNamed(options)) {
      RemoteFlink.complete(command, options);
    } else if (!options.names("runner")) {
      EmbeddedFlink.complete(options);
    }
    if (options.value("runner").endsWith("FlinkRunner")) {
      onFlink(options);
    }
    if (command.equals("prune")) {
      idleSlots(options).ifPresent(System.err::println);
    }
    return options.words();
  }

  /** What to say where a run has fewer shards than workers. */
  static Optional<String> idleSlots(CommandOptions options) {
    String shards = options.value("shards");
    String workers = options.value("parallelism");
    if (!(shards + workers).matches("[0-9]{1,15}") || workers.isEmpty()) {
      // Not a number: whoever reads the options says so.
      return Optional.empty();
    }
    long parts = shards.isEmpty() ? PruningWork.DEFAULT_SHARDS : Long.parseLong(shards);
    return parts >= Long.parseLong(workers)
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s workers, but the calibration windows travel in %d shards: the others stay idle."
                    + " --shards=%s uses them all, if there are as many windows",
                workers,
                parts,
                workers));
  }

  /** What every job on Flink needs, wherever it runs and whoever submits it. */
  static void onFlink(CommandOptions options) {
    // The DataSet API takes time exponential in the layers to plan, and is gone in Flink 2.
    options.addUnlessGiven("useDataStreamForBatch", "true");
    // Stages that share a slot share its sort memory, whether or not they ever run at the same
    // time: of 512 MB among those of 22 layers 2.4 MB are left for each, and a tile does not fit.
    options.addUnlessGiven("forceSlotSharingGroup", "false");
    // Elements are not copied between the steps of a stage: nothing here changes what it was given.
    options.addUnlessGiven("fasterCopy", "true");
  }
}

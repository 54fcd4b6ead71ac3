// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

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
    return options.words();
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

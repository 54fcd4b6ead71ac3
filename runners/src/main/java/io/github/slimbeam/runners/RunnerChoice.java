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
      // The DataSet API takes time exponential in the layers to plan, and is gone in Flink 2.
      options.addUnlessGiven("useDataStreamForBatch", "true");
      // Elements are not copied between the steps of a stage: nothing here changes what it was
      // given.
      options.addUnlessGiven("fasterCopy", "true");
    }
    return options.words();
  }
}

package io.github.slimbeam.runners;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What a job is told when its user names no runner: Flink in this JVM, as wide as there are cores.
 */
final class EmbeddedFlink {
  private EmbeddedFlink() {}

  /**
   * Adds the runner and its options; for a Flink runner that was chosen, only the batch API that
   * can unroll layers.
   */
  static String[] unlessChosen(String[] args) {
    List<String> options = new ArrayList<>(Arrays.asList(args));
    boolean chosen = names(options, "runner");
    if (!chosen) {
      options.add("--runner=FlinkRunner");
      options.add("--flinkMaster=[local]");
      addUnlessGiven(
          options, "parallelism", String.valueOf(Runtime.getRuntime().availableProcessors()));
      String configuration = System.getProperty("slimbeam.flink.conf");
      if (configuration != null) {
        addUnlessGiven(options, "flinkConfDir", configuration);
      }
    }
    if (options.stream().anyMatch(o -> o.matches("--runner=.*FlinkRunner"))) {
      // The DataSet API takes time exponential in the layers to plan, and is gone in Flink 2.
      addUnlessGiven(options, "useDataStreamForBatch", "true");
    }
    return options.toArray(String[]::new);
  }

  private static void addUnlessGiven(List<String> options, String name, String value) {
    if (!names(options, name)) {
      options.add("--" + name + "=" + value);
    }
  }

  private static boolean names(List<String> options, String name) {
    return options.stream().anyMatch(o -> o.equals("--" + name) || o.startsWith("--" + name + "="));
  }
}

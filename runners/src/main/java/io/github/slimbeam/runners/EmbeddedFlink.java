// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

/**
 * What a job is told when its user names no runner: Flink in this JVM, as wide as there are cores.
 */
final class EmbeddedFlink {
  private EmbeddedFlink() {}

  /** Adds the runner and its options. */
  static void complete(CommandOptions options) {
    options.addUnlessGiven("runner", "FlinkRunner");
    options.addUnlessGiven("flinkMaster", "[local]");
    options.addUnlessGiven("parallelism", Runtime.getRuntime().availableProcessors());
    String configuration = System.getProperty("slimbeam.flink.conf");
    if (configuration != null) {
      options.addUnlessGiven("flinkConfDir", configuration);
    }
  }
}

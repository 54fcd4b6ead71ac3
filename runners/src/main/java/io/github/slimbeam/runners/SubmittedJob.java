// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import org.apache.flink.configuration.BatchExecutionOptions;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.DeploymentOptions;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;

/**
 * The command line as Flink's own client runs it: {@code flink run slim-beam-job.jar prune
 * --option=value …}. Cluster, width and configuration are those of {@code flink run}; failures are
 * thrown, as the JVM belongs to Flink.
 */
public final class SubmittedJob {
  private SubmittedJob() {}

  public static void main(String[] args) throws Exception {
    Slim.speakUtf8();
    Slim.perform(args, SubmittedJob::complete);
  }

  private static String[] complete(String command, String... args) {
    CommandOptions options = new CommandOptions(args);
    options.addUnlessGiven("runner", "FlinkRunner");
    options.addUnlessGiven("flinkMaster", "[auto]");
    RunnerChoice.onFlink(options);
    options.addUnlessGiven("jobName", "slim-" + command);
    Configuration flink =
        (Configuration) StreamExecutionEnvironment.getExecutionEnvironment().getConfiguration();
    check(
        flink.get(DeploymentOptions.ATTACHED),
        "expected an attached client, as it reads what the job wrote: use flink run without -d, not the web interface");
    if (flink.get(BatchExecutionOptions.ADAPTIVE_AUTO_PARALLELISM_ENABLED)) {
      System.err.println(
          "execution.batch.adaptive.auto-parallelism.enabled is true in this client's config.yaml: small stages run on"
              + " one worker; set it to false");
    }
    SharedPaths.complete(command, options);
    return options.words();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.pipelines.command.AtExit;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * What a job is told when its user names a Flink cluster, {@code --flinkMaster=host:port}: the
 * bundled jar is all that it brings, it is as wide as the cluster has slots, and its paths mean the
 * same here and there.
 */
final class RemoteFlink {
  /** The Flink that Beam's runner was built for; the graph is sent in Java's serialised form. */
  private static final String VERSION = "1.19";

  private static final String DEFAULT_PORT = "8081";

  private RemoteFlink() {}

  /** Whether the options name a cluster, with the FlinkRunner or without. */
  static boolean isNamed(CommandOptions options) {
    String master = options.value("flinkMaster");
    String runner = options.value("runner");
    return !master.isEmpty()
        && !master.startsWith("[")
        && (!options.names("runner") || runner.endsWith("FlinkRunner"));
  }

  /**
   * Asks the cluster how wide it is, and adds what it needs to be told.
   *
   * @throws BadInputException if it does not answer, is no Flink 1.19, or has no slots; or if the
   *     bundled jar is missing
   */
  static void complete(String command, CommandOptions options) {
    String address = address(options.value("flinkMaster"));
    JsonNode overview = overview(address);
    String version = overview.path("flink-version").asText("none");
    check(
        version.startsWith(VERSION + "."),
        "--flinkMaster=%s: expected Flink %s, found version %s: use a cluster of that version",
        address,
        VERSION,
        version);
    int slots = overview.path("slots-total").asInt();
    check(
        slots > 0 || options.names("parallelism"),
        "--flinkMaster=%s has no task slots: start TaskManagers, or say --parallelism and start them later",
        address);

    options.addUnlessGiven("runner", "FlinkRunner");
    options.replace("flinkMaster", given -> address);
    options.addUnlessGiven("parallelism", slots);
    options.addUnlessGiven("filesToStage", jar());
    String configuration = System.getProperty("slimbeam.flink.cluster");
    if (configuration != null) {
      options.addUnlessGiven("flinkConfDir", configuration);
    }
    SharedPaths.complete(command, options);
    options.addUnlessGiven("jobName", "slim-" + command + "-" + UUID.randomUUID());
    AtExit unused = AtExit.perform(() -> cancel(FlinkRest.at(address), options.value("jobName")));
  }

  /** Beam takes a scheme off by itself, and adds the port of the configuration. */
  private static String address(String master) {
    String address = master.replaceAll("^https?://|/+$", "");
    return address.matches(".*:\\d+") ? address : address + ":" + DEFAULT_PORT;
  }

  private static JsonNode overview(String address) {
    try {
      return FlinkRest.at(address).overview();
    } catch (IllegalArgumentException e) {
      throw new BadInputException("--flinkMaster=" + address + ": expected host:port", e);
    } catch (IOException e) {
      throw new BadInputException(
          "--flinkMaster="
              + address
              + " cannot be reached ("
              + e
              + "): expected the REST address of a Flink cluster, host:port",
          e);
    }
  }

  private static Path jar() {
    Path jar = Path.of(System.getProperty("slimbeam.job", "slim-beam-job.jar")).toAbsolutePath();
    check(
        Files.isRegularFile(jar),
        "%s is missing, the jar that a cluster is sent: mvn package makes it",
        jar);
    return jar;
  }

  /** A job goes on without its client: one that is told to stop takes its job with it. */
  private static void cancel(FlinkRest cluster, String jobName) {
    try {
      for (JsonNode job : cluster.jobs()) {
        if (job.path("name").asText().equals(jobName) && !ended(job.path("state").asText())) {
          System.err.println("cancelling job " + job.path("jid").asText());
          cluster.cancel(job.path("jid").asText());
        }
      }
    } catch (IOException e) {
      System.err.println("could not cancel " + jobName + ": " + e);
    }
  }

  private static boolean ended(String state) {
    return List.of("FINISHED", "FAILED", "CANCELED", "CANCELLING", "FAILING").contains(state);
  }
}

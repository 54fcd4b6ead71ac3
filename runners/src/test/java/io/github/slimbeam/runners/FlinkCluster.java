// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A Flink session cluster of separate JVMs on the loopback interface: one JobManager, any number of
 * TaskManagers of one slot each, all of which can be killed and started again. It is what a user
 * has who followed {@code runners/flink/cluster}: that configuration, Flink, and {@code
 * target/flink-lib} in lib/. Needs what {@code mvn package -Pcluster} makes.
 *
 * <p><b>Cost</b> about 0.7 GB of memory for the JobManager, 1.7 GB for a TaskManager after its
 * first job; ready in ten seconds.
 */
final class FlinkCluster implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final FlinkInstallation installation;
  private final FlinkRest rest;
  private final List<Process> taskManagers = new ArrayList<>();
  private final Thread hook = new Thread(this::killAll, "kill-flink");
  private Process jobManager;

  private FlinkCluster(FlinkInstallation installation) {
    this.installation = installation;
    this.rest = FlinkRest.at(installation.restAddress());
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Starts a cluster whose files and logs lie in a directory; returns when all slots are there. */
  static FlinkCluster start(Path directory, int taskManagers) throws IOException {
    return start(directory, taskManagers, Map.of());
  }

  /** The same with other values for some keys of the configuration. */
  static FlinkCluster start(Path directory, int taskManagers, Map<String, String> configuration)
      throws IOException {
    FlinkCluster cluster = new FlinkCluster(FlinkInstallation.in(directory, configuration));
    try {
      cluster.startJobManager();
      for (int i = 0; i < taskManagers; i++) {
        cluster.startTaskManager();
      }
      cluster.waitForSlots(taskManagers);
      return cluster;
    } catch (IOException | RuntimeException | Error e) {
      cluster.close();
      throw e;
    }
  }

  /** {@code host:port}, the value of --flinkMaster. */
  String restAddress() {
    return installation.restAddress();
  }

  /** The directory of the cluster's config.yaml, for clients. */
  Path configuration() {
    return installation.configuration();
  }

  FlinkRest rest() {
    return rest;
  }

  /** Starts the first JobManager, or another on the same ports after {@link #killJobManager}. */
  void startJobManager() throws IOException {
    jobManager = installation.startJobManager();
    waitUntil(
        "the JobManager answers",
        () -> {
          if (!jobManager.isAlive()) {
            throw new AssertionError("the JobManager ended\n" + logs());
          }
          return rest.overview() != null;
        });
  }

  /** As {@code kill -9}; its jobs are lost. */
  void killJobManager() {
    kill(jobManager);
  }

  /** Starts one more TaskManager; returns its number, and does not wait for its slot. */
  int startTaskManager() throws IOException {
    taskManagers.add(installation.startTaskManager(taskManagers.size()));
    return taskManagers.size() - 1;
  }

  /** As {@code kill -9}; returns when the process is gone, before the cluster has noticed. */
  void killTaskManager(int number) {
    kill(taskManagers.get(number));
  }

  /** Stops a TaskManager for a while without its knowledge, as a machine that swaps would. */
  void freezeTaskManager(int number, Duration time) throws IOException, InterruptedException {
    String pid = String.valueOf(taskManagers.get(number).pid());
    for (String signal : List.of("-STOP", "-CONT")) {
      if (new ProcessBuilder("kill", signal, pid).inheritIO().start().waitFor() != 0) {
        throw new IOException("kill " + signal + " " + pid + " failed");
      }
      if (signal.equals("-STOP")) {
        Thread.sleep(time.toMillis());
      }
    }
  }

  /** The number of TaskManagers started so far, the killed ones included. */
  int taskManagers() {
    return taskManagers.size();
  }

  JsonNode overview() throws IOException {
    return rest.overview();
  }

  /** Every job that the cluster remembers, by its id: name, state, start-time. */
  Map<String, JsonNode> jobs() throws IOException {
    Map<String, JsonNode> jobs = new TreeMap<>();
    rest.jobs().forEach(job -> jobs.put(job.path("jid").asText(), job));
    return jobs;
  }

  /** The ids of jobs in a state, such as RUNNING. */
  List<String> jobs(String state) throws IOException {
    return StreamSupport.stream(rest.jobs().spliterator(), false)
        .filter(job -> job.path("state").asText().equals(state))
        .map(job -> job.path("jid").asText())
        .toList();
  }

  /** One job with its vertices. */
  JsonNode job(String id) throws IOException {
    return rest.job(id);
  }

  /** Waits until exactly so many slots are registered: also for the loss of killed ones. */
  void waitForSlots(int slots) {
    waitUntil(slots + " slots", () -> rest.overview().path("slots-total").asInt(-1) == slots);
  }

  /** Waits for what will come true; fails with the end of every log if it does not. */
  void waitUntil(String what, Callable<Boolean> condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    String last = "";
    while (System.nanoTime() < deadline) {
      try {
        if (condition.call()) {
          return;
        }
        Thread.sleep(100);
      } catch (IOException e) {
        last = e.toString();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted", e);
      } catch (Exception e) {
        throw new IllegalStateException("waiting for " + what, e);
      }
    }
    throw new AssertionError("still waiting for: " + what + " " + last + "\n" + logs());
  }

  /** The end of every process' log, for the message of a failed assertion. */
  String logs() {
    try (Stream<Path> files = Files.list(installation.logs())) {
      StringBuilder logs = new StringBuilder();
      for (Path file : files.sorted().toList()) {
        List<String> lines = Files.readAllLines(file);
        logs.append("--- ").append(file).append('\n');
        lines.stream()
            .skip(Math.max(0, lines.size() - 40))
            .forEach(line -> logs.append(line).append('\n'));
      }
      return logs.toString();
    } catch (IOException e) {
      return "no logs: " + e;
    }
  }

  /** Ends every process and removes what Flink kept on disk; the logs stay. */
  @Override
  public void close() throws IOException {
    killAll();
    Runtime.getRuntime().removeShutdownHook(hook);
    installation.removeTemporaryFiles();
  }

  private void killAll() {
    taskManagers.forEach(FlinkCluster::kill);
    kill(jobManager);
  }

  private static void kill(Process process) {
    if (process != null) {
      process.destroyForcibly();
      process.onExit().join();
    }
  }
}

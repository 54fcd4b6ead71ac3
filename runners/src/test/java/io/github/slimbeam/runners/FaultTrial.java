// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.transforms.model.ExampleModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/**
 * A cluster of two TaskManagers on which runs of the example model meet faults, and the run without
 * any that all of them must equal. The model is in F32, where a sum that is taken in another order
 * gives other bytes.
 */
final class FaultTrial implements AutoCloseable {
  /** Sub-layers of the example model. */
  static final int SUBLAYERS = 12;

  /** Losses are noticed sooner than in the shipped configuration, as the runs are short. */
  private static final Map<String, String> IMPATIENT =
      Map.of("heartbeat.interval", "1000", "heartbeat.timeout", "15000");

  private final FlinkCluster cluster;
  private final Path logs;
  private final Path directory;
  private final Path scratch;
  private final Path reference;
  private final List<Integer> alive = new ArrayList<>(List.of(0, 1));

  /**
   * What a fault cost: how often Flink restarted what was not finished, and what was lost by it.
   */
  record Cost(int restarts, long repeatedSublayers) {}

  private FaultTrial(FlinkCluster cluster, Path logs, Path directory, Path scratch) {
    this.cluster = cluster;
    this.logs = logs;
    this.directory = directory;
    this.scratch = scratch;
    this.reference = directory.resolve("reference");
  }

  /** Starts the cluster, and runs once in the client's own JVM. */
  static FaultTrial start(Path logs, Path directory) throws Exception {
    return start(logs, directory, directory.resolve("scratch"));
  }

  /** The same with all work directories below another directory than the outputs. */
  static FaultTrial start(Path logs, Path directory, Path scratch) throws Exception {
    ExampleModel.writeF32(directory.resolve("model"));
    FaultTrial trial =
        new FaultTrial(FlinkCluster.start(logs, 2, IMPATIENT), logs, directory, scratch);
    try (SlimProcess client = SlimProcess.start(logs, trial.arguments(trial.reference))) {
      client.await().with(0);
      return trial;
    } catch (IOException | InterruptedException | RuntimeException | Error e) {
      trial.close();
      throw e;
    }
  }

  FlinkCluster cluster() {
    return cluster;
  }

  Path output(String name) {
    return directory.resolve(name);
  }

  /** Submits the run that makes this output, once again or for the first time. */
  SlimProcess submit(Path output) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(arguments(output)));
    arguments.add("--flinkMaster=" + cluster.restAddress());
    return SlimProcess.start(logs, arguments.toArray(String[]::new));
  }

  private String[] arguments(Path output) {
    Path examples = Path.of("..", "pipelines", "examples").toAbsolutePath().normalize();
    return new String[] {
      "prune",
      "--model=" + directory.resolve("model"),
      "--calibration=" + examples.resolve("calibration-windows.jsonl"),
      "--output=" + output,
      "--workDirectory=" + scratch,
      "--pruningRatio=0.3",
      "--sequences=4",
      "--shards=4"
    };
  }

  /** Waits until so many sub-layers are pruned, and some milliseconds more. */
  void waitFor(SlimProcess client, Path output, int sublayers, int milliseconds)
      throws InterruptedException {
    cluster.waitUntil(
        sublayers + " pruned sub-layers",
        () -> !client.isRunning() || finished(output) >= sublayers);
    Thread.sleep(milliseconds);
  }

  /** Sub-layers whose records are in the work directory. */
  int finished(Path output) throws IOException {
    int finished = 0;
    for (Path work : works(output)) {
      String[] records = work.resolve("pruned").toFile().list((d, name) -> name.endsWith(".avro"));
      finished += records == null ? 0 : records.length;
    }
    return finished;
  }

  private List<Path> works(Path output) throws IOException {
    if (!Files.isDirectory(scratch)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(scratch)) {
      return all.filter(p -> p.getFileName().toString().startsWith(output.getFileName() + "-"))
          .toList();
    }
  }

  /** Kills a TaskManager at a moment, and starts another; the run must end well by itself. */
  Cost loseTaskManager(long seed) throws Exception {
    Random random = new Random(seed);
    Path output = output("taskmanager-" + seed);
    long prunedBefore = prunedInLogs();
    try (SlimProcess client = submit(output)) {
      waitFor(client, output, random.nextInt(SUBLAYERS), random.nextInt(1500));
      assertThat(client.isRunning()).as("still running when killed: %s", client.output()).isTrue();
      cluster.killTaskManager(alive.remove(random.nextInt(alive.size())));
      alive.add(cluster.startTaskManager());
      client.await().with(0);
    }
    isAsReference(output);
    cluster.waitForSlots(2);
    return new Cost(restarts(latestJob()), prunedInLogs() - prunedBefore - SUBLAYERS);
  }

  /**
   * Freezes a TaskManager in the middle of a run. After longer than a heartbeat may take it is
   * given up, and goes on with what it was at when it wakes: as nobody's worker.
   */
  void freezeTaskManager(String name, Duration time) throws Exception {
    Path output = output(name);
    try (SlimProcess client = submit(output)) {
      waitFor(client, output, SUBLAYERS / 3, 200);
      cluster.freezeTaskManager(alive.get(0), time);
      client.await().with(0);
    }
    isAsReference(output);
    cluster.waitForSlots(2);
  }

  /** A task that was to run, or to run again, has one attempt more after each restart. */
  private int restarts(String job) throws IOException {
    int restarts = 0;
    for (JsonNode vertex : cluster.job(job).path("vertices")) {
      String resource = "/jobs/" + job + "/vertices/" + vertex.path("id").asText();
      for (JsonNode subtask : cluster.rest().get(resource).path("subtasks")) {
        restarts = Math.max(restarts, subtask.path("attempt").asInt());
      }
    }
    return restarts;
  }

  private String latestJob() throws IOException {
    return cluster.jobs().values().stream()
        .max((a, b) -> Long.compare(a.path("start-time").asLong(), b.path("start-time").asLong()))
        .orElseThrow()
        .path("jid")
        .asText();
  }

  /** How often a worker pruned a sub-layer, since the cluster was started. */
  long prunedInLogs() throws IOException {
    long count = 0;
    try (Stream<Path> files = Files.walk(logs)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".log")).toList()) {
        try (Stream<String> lines = Files.lines(file)) {
          count +=
              lines
                  .filter(line -> line.contains("units kept") && line.contains("PruneSublayer"))
                  .count();
        }
      }
    }
    return count;
  }

  /** The same kept units, the same weights, and nothing left beside the model. */
  void isAsReference(Path output) throws IOException {
    assertThat(kept(output)).isEqualTo(kept(reference));
    assertThat(output.resolve("model.safetensors"))
        .hasSameBinaryContentAs(reference.resolve("model.safetensors"));
    try (Stream<Path> beside = Files.list(directory)) {
      assertThat(beside.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith(output.getFileName() + "."));
    }
    assertThat(works(output)).isEmpty();
  }

  private static List<JsonNode> kept(Path output) throws IOException {
    return new ObjectMapper()
        .readTree(output.resolve("pruning.json").toFile())
        .path("sublayers")
        .findValues("kept");
  }

  @Override
  public void close() throws IOException {
    cluster.close();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Measures how the dense passes scale with workers: MODEL CALIBRATION PAIRS. Each pair is one run
 * on one TaskManager of one thread and one on two, and what is compared is the time of the stages
 * that read or write hidden states; pruning a sub-layer is one worker's work whatever their number.
 * JobManager and client, which a cluster has elsewhere, take only what the workers leave of the
 * processor. Needs what {@code mvn verify -Pcluster} builds, and two cores that do nothing else.
 */
final class CalibrationScaling {
  /** Room for a few layers of a model of a billion parameters. */
  private static final Map<String, String> ROOM =
      Map.of(
          "taskmanager.memory.task.heap.size", "2 g",
          "taskmanager.memory.task.off-heap.size", "2 g",
          "taskmanager.memory.managed.size", "512 m");

  private CalibrationScaling() {}

  public static void main(String[] args) throws Exception {
    Path directory = Files.createTempDirectory("scaling-");
    for (int pair = 1; pair <= Integer.parseInt(args[2]); pair++) {
      double one = seconds(directory, pair, 1, args);
      double two = seconds(directory, pair, 2, args);
      System.out.printf(
          "pair %d: %.1f s on one TaskManager, %.1f s on two, ratio %.2f%n",
          pair, one, two, one / two);
    }
  }

  private static double seconds(Path directory, int pair, int taskManagers, String[] args)
      throws Exception {
    Path logs = Path.of("target", "scaling");
    Path output = directory.resolve(pair + "-on-" + taskManagers);
    try (FlinkCluster cluster = FlinkCluster.start(logs, taskManagers, ROOM)) {
      try (SlimProcess client =
          SlimProcess.start(
              logs,
              "prune",
              "--model=" + Path.of(args[0]).toAbsolutePath(),
              "--calibration=" + Path.of(args[1]).toAbsolutePath(),
              "--output=" + output,
              "--method=magnitude",
              "--flinkMaster=" + cluster.restAddress())) {
        stepAside();
        client.await().with(0);
      }
      return calibration(cluster);
    }
  }

  /** Threads that they start later inherit it. */
  private static void stepAside() throws IOException, InterruptedException {
    List<String> others =
        ProcessHandle.current()
            .descendants()
            .filter(
                p -> p.info().commandLine().filter(c -> !c.contains("taskmanager-")).isPresent())
            .map(p -> String.valueOf(p.pid()))
            .toList();
    for (String pid : others) {
      new ProcessBuilder("chrt", "--all-tasks", "--idle", "--pid", "0", pid)
          .inheritIO()
          .start()
          .waitFor();
    }
  }

  private static double calibration(FlinkCluster cluster) throws IOException {
    double seconds = 0;
    String job = cluster.jobs("FINISHED").get(0);
    for (JsonNode vertex : cluster.job(job).path("vertices")) {
      String name = vertex.path("name").asText();
      if (name.contains("Sum shards") || name.contains("Embed")) {
        seconds += vertex.path("duration").asLong() / 1e3;
        List<Double> workers = new ArrayList<>();
        for (JsonNode subtask :
            cluster
                .rest()
                .get("/jobs/" + job + "/vertices/" + vertex.path("id").asText())
                .path("subtasks")) {
          workers.add(subtask.path("duration").asLong() / 1e3);
        }
        System.out.printf(
            "  %6.1f s, workers %s: %s%n",
            vertex.path("duration").asLong() / 1e3,
            workers,
            name.substring(0, Math.min(100, name.length())));
      }
    }
    return seconds;
  }
}

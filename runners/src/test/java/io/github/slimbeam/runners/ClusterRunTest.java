// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.Zstd;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.SmallModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients in JVMs of their own, on one session cluster of two TaskManagers. The model is in F32,
 * where a sum that is taken in another order gives other bytes; and what jobs on the cluster read
 * is compressed, by a library with natives that each of them brings along.
 */
@Tag("cluster")
class ClusterRunTest {
  private static final Path LOGS = Path.of("target", "cluster-run");
  private static final Path EXAMPLES = Path.of("..", "pipelines", "examples");
  private static final Path WINDOWS = EXAMPLES.resolve("calibration-windows.jsonl");

  @TempDir private static Path directory;
  private static FlinkCluster cluster;
  private static Path embedded;

  @BeforeAll
  static void startClusterAndPruneWithoutIt() throws Exception {
    cluster = FlinkCluster.start(LOGS, 2);
    embedded = directory.resolve("embedded");
    ExampleModel.writeF32(directory.resolve("model"));
    Files.write(directory.resolve("windows.jsonl.zst"), Zstd.compress(Files.readAllBytes(WINDOWS)));
    try (SlimProcess client =
        SlimProcess.start(LOGS, prune(embedded, WINDOWS, "--parallelism=2"))) {
      client.await().with(0);
    }
  }

  @AfterAll
  static void stopCluster() throws IOException {
    cluster.close();
  }

  @Test
  void prunesAsEmbeddedFlinkDoesTwoInARowAndTwoAtOnce() throws Exception {
    for (String name : List.of("first", "second")) {
      Path output = directory.resolve(name);
      try (SlimProcess client = onCluster(output)) {
        client.await().with(0);
      }
      isAsEmbedded(output);
    }
    Path one = directory.resolve("one at once");
    Path other = directory.resolve("other at once");
    try (SlimProcess oneClient = onCluster(one);
        SlimProcess otherClient = onCluster(other)) {
      oneClient.await().with(0);
      otherClient.await().with(0);
    }
    isAsEmbedded(one);
    isAsEmbedded(other);
    assertThat(names()).noneMatch(name -> name.matches(".*(work|partial|temporary).*"));
  }

  @Test
  void runsEveryStageAsWideAsTheClusterHasSlotsAndShowsWhatItCounted() throws Exception {
    Path output = directory.resolve("wide");
    try (SlimProcess client = onCluster(output, "--jobName=wide")) {
      client.await().with(0);
    }
    JsonNode job = cluster.job(id("wide"));
    List<String> narrow = new ArrayList<>();
    for (JsonNode vertex : job.path("vertices")) {
      if (vertex.path("parallelism").asInt() != 2) {
        narrow.add(vertex.path("parallelism") + " " + vertex.path("name").asText());
      }
    }
    assertThat(job.path("vertices")).isNotEmpty();
    assertThat(narrow).isEmpty();
    assertThat(cluster.rest().get("/jobs/" + id("wide") + "/accumulators").toString())
        .contains("slimbeam.embed", "slimbeam.moments", "slimbeam.forward", "slimbeam.prune")
        .contains("sequences", "tokens", "bytes", "milliseconds", "damping_raised");
  }

  /**
   * Client and JobManager take a graph recursively: Java's usual stack is too small for this one.
   */
  @Test
  void takesAModelOfManyLayers() throws Exception {
    Path model = directory.resolve("deep");
    SmallModel.llama().withLayers(24).writeTo(model);
    Path windows = directory.resolve("deep.jsonl");
    Files.writeString(windows, "{\"input_ids\": [1, 2, 3, 4]}\n".repeat(4));
    Path output = directory.resolve("deep and pruned");
    String[] options = prune(output, "--flinkMaster=" + cluster.restAddress());
    options[1] = "--model=" + model;
    options[2] = "--calibration=" + windows;
    try (SlimProcess client = SlimProcess.start(LOGS, options)) {
      client.await().with(0);
    }
    assertThat(kept(output)).hasSize(48);
  }

  @Test
  void measuresAsEmbeddedFlinkDoes() throws Exception {
    String text = "--text=" + EXAMPLES.resolve("story-heldout.txt");
    String tasks = "--tasks=story=" + EXAMPLES.resolve("story-choices.jsonl");
    String task = "--taskFile=" + EXAMPLES.resolve("story-choices.json");
    List<String> here = List.of("--parallelism=2");
    List<String> there =
        List.of(
            "--flinkMaster=" + cluster.restAddress(),
            "--tempLocation=" + directory.resolve("measured"));
    JsonNode embeddedly = measured(here, "perplexity", text);
    JsonNode onCluster = measured(there, "perplexity", text);
    assertThat(onCluster.get("windows")).isEqualTo(embeddedly.get("windows"));
    assertThat(onCluster.get("perplexity")).isEqualTo(embeddedly.get("perplexity"));
    assertThat(measured(there, "evaluate", tasks, task))
        .isEqualTo(measured(here, "evaluate", tasks, task));
  }

  /** The first JSON line that a command prints of the embedded run's model. */
  private static JsonNode measured(List<String> place, String... command) throws Exception {
    List<String> words = new ArrayList<>(List.of(command));
    words.add("--model=" + embedded);
    words.addAll(place);
    try (SlimProcess client = SlimProcess.start(LOGS, words.toArray(String[]::new))) {
      List<String> lines = client.await().with(0).output().lines().toList();
      return new ObjectMapper()
          .readTree(lines.stream().filter(l -> l.startsWith("{")).findFirst().orElseThrow());
    }
  }

  @Test
  void isSubmittedByFlinksOwnClientAsWell() throws Exception {
    Path output = directory.resolve("flink run");
    try (SlimProcess client =
        SlimProcess.flinkRun(LOGS, cluster.configuration(), List.of("-p", "2"), prune(output))) {
      client.await().with(0);
    }
    isAsEmbedded(output);
  }

  @Test
  void refusesADetachedFlinkClient() throws Exception {
    Path output = directory.resolve("detached");
    try (SlimProcess client =
        SlimProcess.flinkRun(LOGS, cluster.configuration(), List.of("-d"), prune(output))) {
      assertThat(client.await().with(1).output()).contains("expected an attached client");
    }
    assertThat(output).doesNotExist();
  }

  @Test
  void saysWhatAWorkerFoundWrongOnce() throws Exception {
    Path windows = directory.resolve("windows.jsonl");
    Files.writeString(windows, "{\"input_ids\": [1, 99999, 3, 4]}\n");
    Path output = directory.resolve("bad");
    String[] options = prune(output, "--flinkMaster=" + cluster.restAddress());
    options[2] = "--calibration=" + windows;
    try (SlimProcess client = SlimProcess.start(LOGS, options)) {
      SlimProcess.Ended ended = client.await().with(2);
      assertThat(ended.output().lines().filter(line -> line.startsWith("slim prune: ")))
          .singleElement()
          .asString()
          .contains("99999");
    }
    assertThat(output).doesNotExist();
  }

  @Test
  void namesTheAddressThatDoesNotAnswer() throws Exception {
    String address;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      address = "localhost:" + free.getLocalPort();
    }
    try (SlimProcess client =
        SlimProcess.start(
            LOGS, prune(directory.resolve("unreachable"), "--flinkMaster=" + address))) {
      assertThat(client.await().with(2).output())
          .startsWith("slim prune: --flinkMaster=" + address + " cannot be reached")
          .hasLineCount(1);
    }
  }

  @Test
  void namesAnOptionThatIsMistyped() throws Exception {
    try (SlimProcess client = onCluster(directory.resolve("typo"), "--pruningRatoi=0.3")) {
      assertThat(client.await().with(2).output())
          .contains("--pruningRatoi is not an option: did you mean --pruningRatio?");
    }
  }

  @Test
  void cancelsTheJobOfAClientThatIsToldToStop() throws Exception {
    Path output = directory.resolve("interrupted");
    try (SlimProcess client = onCluster(output, "--jobName=interrupted")) {
      cluster.waitUntil(
          "the job runs", () -> !client.isRunning() || state("interrupted").equals("RUNNING"));
      client.interrupt();
      assertThat(client.await().code()).as(client.output()).isEqualTo(143);
    }
    cluster.waitUntil("the job is cancelled", () -> state("interrupted").equals("CANCELED"));
    assertThat(output).doesNotExist();
  }

  private static SlimProcess onCluster(Path output, String... more) throws IOException {
    return SlimProcess.start(
        LOGS,
        prune(
            output,
            Stream.concat(Stream.of("--flinkMaster=" + cluster.restAddress()), Stream.of(more))
                .toArray(String[]::new)));
  }

  private static String[] prune(Path output, String... more) {
    return prune(output, relative(directory.resolve("windows.jsonl.zst")), more);
  }

  /** Paths are relative, as the workers have other working directories. */
  private static String[] prune(Path output, Path calibration, String... more) {
    return Stream.concat(
            Stream.of(
                "prune",
                "--model=" + relative(directory.resolve("model")),
                "--calibration=" + calibration,
                "--output=" + relative(output),
                "--pruningRatio=0.3",
                "--sequences=4",
                "--shards=4"),
            Stream.of(more))
        .toArray(String[]::new);
  }

  private static Path relative(Path path) {
    return Path.of("").toAbsolutePath().relativize(path);
  }

  private static void isAsEmbedded(Path output) throws IOException {
    assertThat(kept(output)).isEqualTo(kept(embedded));
    assertThat(output.resolve("model.safetensors"))
        .hasSameBinaryContentAs(embedded.resolve("model.safetensors"));
  }

  private static List<JsonNode> kept(Path output) throws IOException {
    return new ObjectMapper()
        .readTree(output.resolve("pruning.json").toFile())
        .path("sublayers")
        .findValues("kept");
  }

  private static List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  private static String id(String name) throws IOException {
    return cluster.jobs().entrySet().stream()
        .filter(job -> job.getValue().path("name").asText().equals(name))
        .map(Map.Entry::getKey)
        .findFirst()
        .orElse("");
  }

  private static String state(String name) throws IOException {
    return id(name).isEmpty() ? "" : cluster.job(id(name)).path("state").asText();
  }
}

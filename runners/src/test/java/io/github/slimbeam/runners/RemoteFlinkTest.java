// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a job is told, by what a server at the master's address says. */
class RemoteFlinkTest {
  private static final String THREE_SLOTS = "{\"flink-version\":\"1.19.3\",\"slots-total\":3}";
  private static final Path HERE = Path.of("").toAbsolutePath();

  @TempDir private Path directory;
  private HttpServer server;
  private String master;

  @BeforeEach
  void listen() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
    master = "localhost:" + server.getAddress().getPort();
    System.setProperty(
        "slimbeam.job", Files.createFile(directory.resolve("slim-beam-job.jar")).toString());
  }

  @AfterEach
  void close() {
    server.stop(0);
    System.clearProperty("slimbeam.job");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "http://", "https://"})
  void isAsWideAsTheClusterAndBringsTheBundledJar(String scheme) {
    answer(THREE_SLOTS);
    Map<String, String> options = complete("prune", "--flinkMaster=" + scheme + master);
    assertThat(options)
        .containsEntry("runner", "FlinkRunner")
        .containsEntry("flinkMaster", master)
        .containsEntry("parallelism", "3")
        .containsEntry("useDataStreamForBatch", "true")
        .containsEntry("filesToStage", directory.resolve("slim-beam-job.jar").toString());
    assertThat(options.get("jobName")).startsWith("slim-prune-");
  }

  @Test
  void keepsWhatTheUserSays() {
    answer(THREE_SLOTS);
    assertThat(
            complete(
                "prune",
                "--runner=FlinkRunner",
                "--flinkMaster=" + master,
                "--parallelism=7",
                "--filesToStage=mine.jar",
                "--flinkConfDir=conf",
                "--jobName=mine",
                "--tempLocation=gs://bucket/temp"))
        .containsEntry("parallelism", "7")
        .containsEntry("filesToStage", "mine.jar")
        .containsEntry("flinkConfDir", "conf")
        .containsEntry("jobName", "mine")
        .containsEntry("tempLocation", "gs://bucket/temp");
  }

  @Test
  void makesPathsMeanTheSameForWorkers() {
    answer(THREE_SLOTS);
    assertThat(
            complete(
                "prune",
                "--flinkMaster=" + master,
                "--model=model",
                "--calibration=a/*.txt,/b.txt,gs://bucket/c.txt",
                "--output=out/pruned/"))
        .containsEntry("model", HERE + "/model")
        .containsEntry("calibration", HERE + "/a/*.txt,/b.txt,gs://bucket/c.txt")
        .containsEntry("output", HERE + "/out/pruned")
        .containsEntry("tempLocation", HERE + "/out");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'flink-version':'1.20.0','slots-total':3} | expected Flink 1.19, found version 1.20.0",
        "{'hello':'world'} | expected Flink 1.19, found version none",
        "{'flink-version':'1.19.3','slots-total':0} | has no task slots: start TaskManagers",
        "hello | cannot be reached",
      })
  void refusesAClusterThatCannotBeUsed(String overview, String message) {
    answer(overview.replace('\'', '"'));
    assertThatThrownBy(() -> complete("prune", "--flinkMaster=" + master))
        .isInstanceOf(BadInputException.class)
        .hasMessageContainingAll("--flinkMaster=" + master, message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"two words", "a_host:x:y"})
  void refusesAnAddressThatIsNone(String address) {
    assertThatThrownBy(() -> complete("prune", "--flinkMaster=" + address))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("expected host:port");
  }

  @Test
  void asksForADirectoryWhereThereIsNoOutput() {
    answer(THREE_SLOTS);
    assertThatThrownBy(() -> complete("perplexity", "--flinkMaster=" + master, "--text=a.txt"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("--tempLocation is missing");
  }

  @Test
  void completesThePathsOfTasksBehindTheirNames() {
    answer(THREE_SLOTS);
    String here = Path.of("").toAbsolutePath().toString();
    assertThat(
            complete(
                "evaluate",
                "--flinkMaster=" + master,
                "--tempLocation=/shared",
                "--tasks=piqa=a.jsonl,b.jsonl,own-1=s3://c/d.jsonl,boolq=/e"))
        .containsEntry(
            "tasks",
            "piqa=" + here + "/a.jsonl," + here + "/b.jsonl,own-1=s3://c/d.jsonl,boolq=/e");
  }

  @Test
  void saysWhereTheBundledJarIsExpected() throws IOException {
    answer(THREE_SLOTS);
    Files.delete(directory.resolve("slim-beam-job.jar"));
    assertThatThrownBy(() -> complete("prune", "--flinkMaster=" + master))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            directory.resolve("slim-beam-job.jar")
                + " is missing, the jar that a cluster is sent: mvn package makes it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[local]", "[auto]", "[collection]"})
  void leavesFlinkInThisJvmAlone(String name) {
    assertThat(complete("prune", "--runner=FlinkRunner", "--flinkMaster=" + name))
        .containsOnlyKeys(
            "runner",
            "flinkMaster",
            "useDataStreamForBatch",
            "forceSlotSharingGroup",
            "fasterCopy");
  }

  private void answer(String overview) {
    server.createContext(
        "/overview",
        exchange -> {
          byte[] body = overview.getBytes(UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }

  private static Map<String, String> complete(String command, String... options) {
    Function<String, List<String>> pair = word -> List.of(word.substring(2).split("=", 2));
    return Stream.of(RunnerChoice.complete(command, options))
        .map(pair)
        .collect(Collectors.toMap(p -> p.get(0), p -> p.get(1)));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFilesTest {
  private static final Storage STORAGE = new FileSystemsStorage();
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  @Test
  void writesBothFilesAndReadsTheReportBack() throws IOException {
    ReportFiles.write(STORAGE, directory.toString(), ExampleReport.other());
    ReportFiles.write(STORAGE, directory.toString(), ExampleReport.full());
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("report.json", "report.html");
    assertThat(ReportFiles.read(STORAGE, directory.toString())).isEqualTo(ExampleReport.full());
    assertThat(ReportFiles.read(STORAGE, directory.resolve("report.json").toString()))
        .isEqualTo(ExampleReport.full());
    assertThat(Files.readString(directory.resolve("report.html")))
        .isEqualTo(ReportPage.of(ExampleReport.full()));
  }

  @Test
  void beginsWithTheRecordOfAModelThatHasNoReport() throws IOException {
    JSON.writeValue(directory.resolve("pruning.json").toFile(), ExampleReport.record("slimgpt"));
    assertThat(ReportFiles.read(STORAGE, directory.toString()))
        .isEqualTo(RunReport.of(directory.toString(), ExampleReport.record("slimgpt")));
    Files.writeString(
        directory.resolve("config.json"),
        "{\"num_attention_heads\": 8, \"num_key_value_heads\": 4}");
    assertThat(ReportFiles.read(STORAGE, directory.toString()).queryHeadsPerGroup()).isEqualTo(2);
    Files.writeString(directory.resolve("config.json"), "{\"num_attention_heads\": 8}");
    assertThat(ReportFiles.read(STORAGE, directory.toString()).queryHeadsPerGroup()).isEqualTo(1);
  }

  @Test
  void namesTheDirectoryThatHoldsNoPrunedModel() {
    refused(directory.toString(), directory + ": neither report.json nor pruning.json there");
    String file = directory.resolve("report.json").toString();
    refused(file, file + ": no such file");
  }

  @Test
  void namesTheFileThatIsNotJson() throws IOException {
    Path file = directory.resolve("report.json");
    Files.writeString(file, "{\n\"version\": 1,\n");
    refused(directory.toString(), file + ": not JSON, from line 3 on: Unexpected end-of-input");
    Files.writeString(file, "[1]");
    refused(directory.toString(), file + ": expected a JSON object, found [1]");
    Files.writeString(file, "");
    refused(directory.toString(), file + ": expected a JSON object, found nothing");
  }

  @Test
  void namesTheFieldAndWhatIsExpected() throws IOException {
    refused(r -> r.put("version", 2), "version 2, expected 1");
    refused(r -> r.remove("version"), "version missing, expected 1");
    refused(r -> r.remove("output"), "output: missing");
    refused(r -> r.putNull("pruning"), "pruning: missing");
    refused(r -> r.put("stages", 3), "stages: expected a list, found 3");
    refused(r -> ((ObjectNode) r.at("/stages/1")).remove("seconds"), "stages[1].seconds: missing");
    refused(
        r -> ((ObjectNode) r.at("/perplexity/0")).put("pruned", "much"),
        "perplexity[0].pruned: expected a number, found \"much\"");
    refused(
        r -> ((ObjectNode) r.at("/tasks/0/metrics/1")).putNull("name"),
        "tasks[0].metrics[1].name: missing");
    refused(r -> ((ObjectNode) r.at("/samples/1")).remove("pruned"), "samples[1].pruned: missing");
    refused(r -> r.put("seconds", "long"), "seconds: expected a number, found \"long\"");
  }

  @Test
  void namesTheFieldOfTheRecord() throws IOException {
    refused(
        r -> ((ObjectNode) r.get("pruning")).remove("removedShare"),
        "pruning: removedShare: missing");
    refused(
        r -> ((ObjectNode) r.get("pruning")).putArray("sublayers"),
        "pruning: sublayers: expected at least one layer, found none");
    refused(
        r -> ((ArrayNode) r.at("/pruning/sublayers")).remove(11),
        "pruning: sublayers: expected two for each layer, found 11");
    refused(
        r -> ((ObjectNode) r.at("/pruning/sublayers/2/sublayer")).put("kind", "MIXER"),
        "pruning: sublayers[2].sublayer.kind: expected ATTENTION or FFN, found \"MIXER\"");
    refused(
        r -> ((ObjectNode) r.at("/pruning/sublayers/2/sublayer")).put("layer", 7),
        "pruning: sublayers[2]: expected layer 1, ATTENTION; found layer 7, ATTENTION");
    refused(
        r -> ((ObjectNode) r.at("/pruning/sublayers/0")).put("units", 3),
        "pruning: sublayers[0]: 4 kept of 3 units");
    refused(
        r -> ((ArrayNode) r.at("/pruning/sublayers/1/keptScores")).remove(0),
        "pruning: sublayers[1]: expected 17 quantiles of scores or none, found 16");
  }

  private void refused(Consumer<ObjectNode> spoil, String message) throws IOException {
    ObjectNode report = (ObjectNode) JSON.readTree(ReportJson.pretty(ExampleReport.full()));
    spoil.accept(report);
    Path file = directory.resolve("report.json");
    JSON.writeValue(file.toFile(), report);
    refused(directory.toString(), file + ": " + message);
  }

  private static void refused(String path, String message) {
    assertThatThrownBy(() -> ReportFiles.read(STORAGE, path))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(message);
  }
}

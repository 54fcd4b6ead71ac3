// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandsTest {
  private static final Path RECORDS =
      Path.of("..", "pipelines", "src", "test", "resources", "report");

  @TempDir private Path directory;
  private String first;
  private String second;
  private String page;

  @BeforeEach
  void hasTwoModelsPrunedBeforeThereWereReports() throws IOException {
    first = model("slimgpt");
    second = model("slimllm");
    page = directory.resolve("compare.html").toString();
  }

  private String model(String method) throws IOException {
    Path model = Files.createDirectories(directory.resolve(method));
    Files.copy(RECORDS.resolve("pruning-" + method + ".json"), model.resolve("pruning.json"));
    return model.toString();
  }

  @Test
  void writesTheReportOfAModel() {
    List<String> printed = printed("report", "--model=" + first);
    assertThat(printed).containsExactly("written to " + first + "/report.html");
    assertThat(Path.of(first, "report.html")).content().contains("pruned by slimgpt");
    assertThat(Path.of(first, "report.json")).content().contains("\"version\" : 1");
    assertThat(printed("report", "--model=" + first)).isEqualTo(printed);
  }

  @Test
  void comparesRunsAndPrintsTheTable() {
    printed("report", "--model=" + second);
    List<String> table = printed("compare", first, second + "/report.json", "--output=" + page);
    assertThat(table).hasSize(5);
    assertThat(table.get(0)).startsWith("| run | differs in | removed | parameters |");
    assertThat(table.get(2)).startsWith("| dense |");
    assertThat(table.get(3)).startsWith("| slimgpt | method=slimgpt, ");
    assertThat(table.get(4)).startsWith("| slimllm | method=slimllm, ");
    assertThat(Path.of(page)).content().contains("<h1>2 runs compared</h1>");
    isRefused(
        "--output=" + page + " exists: choose another file",
        "compare",
        first,
        second,
        "--output=" + page);
    assertThat(printed("compare", first, second, "--output=" + page, "--overwrite")).hasSize(5);
  }

  @Test
  void saysWhatItCannotUse() throws IOException {
    isRefused("--model is missing", "report");
    isRefused("/nowhere: neither report.json nor pruning.json there", "report", "--model=/nowhere");
    isRefused("0 runs are named: expected two or more", "compare");
    isRefused("1 runs are named: expected two or more", "compare", first);
    isRefused("/nowhere: neither report.json nor pruning.json there", "compare", first, "/nowhere");
    isRefused("/nowhere/a.json: no such file", "compare", first, "/nowhere/a.json");
    isRefused("--outputt is not an option", "compare", first, second, "--outputt=x.html");
    isRefused(
        "expected the name of a file that ends with .html",
        "compare",
        first,
        second,
        "--output=x.json");
    Files.createDirectories(directory.resolve("d.html"));
    isRefused(
        "is a directory", "compare", first, second, "--output=" + directory.resolve("d.html"));
    Files.writeString(Path.of(second, "report.json"), "{\"version\": 1}");
    isRefused(second + "/report.json: ", "compare", first, second, "--output=" + page);
    assertThat(directory.toFile().list()).containsExactlyInAnyOrder("slimgpt", "slimllm", "d.html");
  }

  @Test
  void saysHowRunsAreNamed() {
    assertThat(printed("compare", "--help"))
        .contains("slim compare A B … --option=value …")
        .noneMatch(line -> line.contains("--flinkMaster"));
  }

  private static void isRefused(String message, String... arguments) {
    Trial.Said said = Trial.said(arguments);
    assertThat(said.lines()).singleElement().asString().contains(message);
    assertThat(said.lines().get(0)).startsWith("slim " + arguments[0] + ": ");
    assertThat(said.code()).isEqualTo(2);
  }

  private static List<String> printed(String... arguments) {
    return Trial.output(() -> assertThat(Slim.run(arguments)).isZero()).lines().toList();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RunReportTest {

  @Test
  void comesBackFromItsFileAsItWas() throws IOException {
    for (RunReport report : new RunReport[] {ExampleReport.plain(), ExampleReport.full()}) {
      assertThat(ReportFiles.parse(ReportJson.pretty(report).getBytes(UTF_8), "report.json"))
          .isEqualTo(report);
    }
  }

  @Test
  void holdsTheWholeRecordAndWhatFollowsFromIt() throws IOException {
    JsonNode json = new ObjectMapper().readTree(ReportJson.pretty(ExampleReport.full()));
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "version",
            "output",
            "pruning",
            "queryHeadsPerGroup",
            "seconds",
            "stages",
            "perplexity",
            "tasks",
            "samples",
            "layers",
            "means");
    assertThat(json.get("pruning")).isEqualTo(ExampleReport.full().pruning());
    assertThat(json.at("/layers/3").toString())
        .isEqualTo(
            "{\"layer\":3,\"kvGroups\":{\"dense\":4,\"kept\":2},\"queryHeads\":{\"dense\":8,\"kept\":4},"
                + "\"channels\":{\"dense\":352,\"kept\":225}}");
    assertThat(json.at("/means/0/metric").asText()).isEqualTo("acc");
    assertThat(json.at("/means/0/tasks").asInt()).isEqualTo(3);
    assertThat(json.at("/means/0/dense").asDouble()).isEqualTo(0.57, within(1e-12));
    assertThat(json.at("/means/1/metric").asText()).isEqualTo("acc_norm");
    assertThat(json.at("/stages/2").toString())
        .isEqualTo("{\"stage\":\"prune\",\"bytes\":6733824,\"seconds\":1.31}");
  }

  @Test
  void leavesOutWhatWasNotMeasured() throws IOException {
    JsonNode json = new ObjectMapper().readTree(ReportJson.pretty(ExampleReport.plain()));
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("version", "output", "pruning", "layers");
  }

  @Test
  void keepsFieldsOfTheRecordThatItDoesNotKnow() throws IOException {
    ObjectNode record = ExampleReport.record("slimgpt").put("fromTomorrow", 1);
    RunReport report = RunReport.of("out", record);
    assertThat(
            ReportFiles.parse(ReportJson.pretty(report).getBytes(UTF_8), "report.json")
                .pruning()
                .get("fromTomorrow")
                .asInt())
        .isEqualTo(1);
  }
}

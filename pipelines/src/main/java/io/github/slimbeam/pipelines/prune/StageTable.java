// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.pipelines.report.RunReport;
import io.github.slimbeam.pipelines.report.Table;
import io.github.slimbeam.transforms.StageMetrics;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricResults;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.jspecify.annotations.Nullable;

/** What the stages of a run counted, added up over its layers, jobs and workers. */
final class StageTable {
  /** In the order in which data meets them. */
  private static final List<String> STAGES =
      List.of(
          "describe",
          "measure",
          "allocate",
          "embed",
          "moments",
          "prune",
          "forward",
          "hash",
          "write");

  private final Map<String, Map<String, Long>> stages = new TreeMap<>();

  /** Adds what a job counted. */
  void add(MetricResults job) {
    for (String stage : STAGES) {
      MetricsFilter filter =
          MetricsFilter.builder()
              .addNameFilter(MetricNameFilter.inNamespace(StageMetrics.NAMESPACE + stage))
              .build();
      for (MetricResult<Long> counter : job.queryMetrics(filter).getCounters()) {
        stages
            .computeIfAbsent(stage, s -> new TreeMap<>())
            .merge(counter.getName().getName(), counter.getAttempted(), Long::sum);
      }
    }
  }

  /** What they counted, for a report. */
  List<RunReport.Stage> stages() {
    return STAGES.stream()
        .filter(stages::containsKey)
        .map(
            stage -> {
              Map<String, Long> counters = requireNonNull(stages.get(stage), stage);
              return new RunReport.Stage(
                  stage,
                  counters.get("sequences"),
                  counters.get("tokens"),
                  counters.get("bytes"),
                  counters.getOrDefault("milliseconds", 0L) / 1000.0);
            })
        .toList();
  }

  void print(PrintStream out) {
    Table table =
        new Table()
            .words("stage")
            .numbers("sequences")
            .numbers("tokens")
            .numbers("bytes")
            .numbers("worker-seconds");
    for (RunReport.Stage stage : stages()) {
      table.row(
          stage.stage(),
          count(stage.sequences()),
          count(stage.tokens()),
          count(stage.bytes()),
          String.format(Locale.ROOT, "%.1f", stage.seconds()));
    }
    table.text(0).forEach(out::println);
  }

  private static String count(@Nullable Long counted) {
    return counted == null ? "" : String.format(Locale.ROOT, "%,d", counted);
  }
}

package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.report.RunReport;
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

/** What the stages of a run counted, added up over its layers, jobs and workers. */
final class StageTable {
  /** In the order in which data meets them. */
  private static final List<String> STAGES =
      List.of("describe", "embed", "moments", "prune", "forward", "hash", "write");

  private static final List<String> COLUMNS = List.of("sequences", "tokens", "bytes");

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
              Map<String, Long> counters = stages.get(stage);
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
    out.printf(
        Locale.ROOT,
        "%-10s%15s%15s%20s%16s%n",
        "stage",
        "sequences",
        "tokens",
        "bytes",
        "worker-seconds");
    for (String stage : STAGES) {
      Map<String, Long> counters = stages.getOrDefault(stage, Map.of());
      if (counters.isEmpty()) {
        continue;
      }
      StringBuilder line = new StringBuilder(String.format(Locale.ROOT, "%-10s", stage));
      for (String column : COLUMNS) {
        Long count = counters.get(column);
        String cell = count == null ? "" : String.format(Locale.ROOT, "%,d", count);
        line.append(String.format(Locale.ROOT, column.equals("bytes") ? "%20s" : "%15s", cell));
      }
      line.append(
          String.format(Locale.ROOT, "%16.1f", counters.getOrDefault("milliseconds", 0L) / 1000.0));
      out.println(line);
    }
  }
}

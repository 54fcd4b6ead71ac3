// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.pipelines.report.Comparison.Run;
import io.github.slimbeam.pipelines.report.RunReport.Metric;
import io.github.slimbeam.pipelines.report.RunReport.Perplexity;
import io.github.slimbeam.pipelines.report.RunReport.Task;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One line for each run, the dense model on top: what was removed, and what it cost. The same table
 * is in the page and, as Markdown, on standard output. Means of tasks are over those that all runs
 * were measured on.
 */
public final class Overview {
  private final Comparison comparison;
  private final Map<String, Function<Run, Value>> measures = new LinkedHashMap<>();

  /** A measure of the dense and of the pruned model; null where it was not taken. */
  record Value(@Nullable Double dense, @Nullable Double pruned) {
    static final Value NONE = new Value(null, null);
  }

  public Overview(Comparison comparison) {
    this.comparison = comparison;
    perplexities();
    means();
  }

  /** Perplexities and means by name, each of which any run has. */
  Map<String, Function<Run, Value>> measures() {
    return Collections.unmodifiableMap(measures);
  }

  /** The measure of this name. */
  Function<Run, Value> measure(String name) {
    return requireNonNull(measures.get(name), name);
  }

  /** The perplexities among them. */
  List<String> perplexityNames() {
    return measures.keySet().stream().filter(name -> name.startsWith("perplexity")).toList();
  }

  /** A perplexity is compared with those that were measured in the same way. */
  private void perplexities() {
    Set<Perplexity> ways = new LinkedHashSet<>();
    comparison.runs().forEach(r -> r.report().perplexity().forEach(p -> ways.add(way(p))));
    List<Perplexity> all = List.copyOf(ways);
    List<String> texts = Names.distinct(all.stream().map(Perplexity::text).distinct().toList());
    List<String> paths = all.stream().map(Perplexity::text).distinct().toList();
    for (Perplexity way : all) {
      String name = "perplexity, " + texts.get(paths.indexOf(way.text()));
      if (all.stream().filter(w -> w.text().equals(way.text())).count() > 1) {
        name += String.format(Locale.ROOT, " (%s)", settings(way));
      }
      measures.put(
          name,
          run ->
              run.report().perplexity().stream()
                  .filter(p -> way(p).equals(way))
                  .findFirst()
                  .map(p -> new Value(p.dense(), p.pruned()))
                  .orElse(Value.NONE));
    }
  }

  private static Perplexity way(Perplexity p) {
    return new Perplexity(
        p.text(), p.join(), p.specialTokens(), p.sequenceLength(), 0, 0, p.dtype(), null, 0);
  }

  private static String settings(Perplexity way) {
    return String.format(
        Locale.ROOT,
        "windows of %d, joined by %s, %s special tokens, %s",
        way.sequenceLength(),
        way.join(),
        way.specialTokens() ? "with" : "no",
        way.dtype());
  }

  private void means() {
    Set<List<String>> shared = new LinkedHashSet<>(metrics(comparison.runs().get(0)));
    comparison.runs().forEach(run -> shared.retainAll(metrics(run)));
    Set<String> names = new LinkedHashSet<>();
    shared.forEach(metric -> names.add(metric.get(1)));
    for (String name : names) {
      Set<String> tasks =
          shared.stream()
              .filter(m -> m.get(1).equals(name))
              .map(m -> m.get(0))
              .collect(Collectors.toSet());
      String title =
          tasks.size() == 1
              ? tasks.iterator().next() + ", " + name
              : String.format(Locale.ROOT, "mean %s of %d tasks", name, tasks.size());
      measures.put(title, run -> mean(run, tasks, name));
    }
  }

  private static List<List<String>> metrics(Run run) {
    List<List<String>> all = new ArrayList<>();
    for (Task task : run.report().tasks()) {
      task.metrics().forEach(m -> all.add(List.of(task.task(), m.name())));
    }
    return all;
  }

  private static Value mean(Run run, Set<String> tasks, String name) {
    List<Metric> found =
        run.report().tasks().stream()
            .filter(t -> tasks.contains(t.task()))
            .flatMap(t -> t.metrics().stream())
            .filter(m -> m.name().equals(name))
            .toList();
    RunReport.Mean mean = RunReport.mean(name, found);
    return new Value(mean.dense(), mean.pruned());
  }

  /** The table. */
  public Table table() {
    Table table =
        new Table("overview-table", "Every run in one line")
            .words("run")
            .words("differs in")
            .numbers("removed")
            .numbers("parameters");
    measures.keySet().forEach(table::numbers);
    List<Run> models = comparison.denseModels();
    for (Run model : models) {
      List<String> cells = new ArrayList<>();
      cells.add(models.size() == 1 ? "dense" : "dense, " + Names.last(model.pruning().getModel()));
      cells.addAll(List.of("", "0", NumberText.count(model.pruning().getParametersBefore())));
      measures.values().forEach(m -> cells.add(dense(model, m)));
      table.row("dense", cells);
    }
    for (int i = 0; i < comparison.runs().size(); i++) {
      Run run = comparison.runs().get(i);
      List<String> cells = new ArrayList<>();
      cells.add(run.name());
      cells.add(comparison.recipe(i));
      cells.add(NumberText.percent(run.pruning().getRemovedShare()));
      cells.add(NumberText.count(run.pruning().getParametersAfter()));
      measures.values().forEach(m -> cells.add(NumberText.number(m.apply(run).pruned())));
      table.row(cells);
    }
    return table;
  }

  /** What any run of the same dense model measured of it; both, where two do not agree. */
  private String dense(Run model, Function<Run, Value> measure) {
    String found =
        comparison.runs().stream()
            .filter(r -> r.denseModel().equals(model.denseModel()))
            .map(r -> measure.apply(r).dense())
            .filter(Objects::nonNull)
            .map(NumberText::number)
            .distinct()
            .collect(Collectors.joining(" / "));
    return found.isEmpty() ? NumberText.NONE : found;
  }
}

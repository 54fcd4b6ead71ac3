// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.report.Chart.Kind;
import io.github.slimbeam.pipelines.report.Chart.Series;
import io.github.slimbeam.pipelines.report.Comparison.Run;
import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.schemas.SublayerKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The plots of several runs, one on top of the other, each with what is to be seen in it. */
final class ComparisonCharts {
  private final Comparison comparison;
  private final List<Run> runs;
  private final Overview overview;

  ComparisonCharts(Comparison comparison, Overview overview) {
    this.comparison = comparison;
    this.runs = comparison.runs();
    this.overview = overview;
  }

  /** Layers of the deepest model. */
  int layers() {
    return runs.stream()
        .mapToInt(r -> PruningFigures.layers(r.pruning()).size())
        .max()
        .orElseThrow();
  }

  /** What the units are called in all runs. */
  String units(SublayerKind kind) {
    List<String> names =
        runs.stream().map(r -> Units.of(kind, r.report().queryHeadsPerGroup())).distinct().toList();
    return String.join(" or ", names);
  }

  /** Share of the units that each layer keeps. */
  Chart kept(SublayerKind kind) {
    ToDoubleFunction<Layer> share =
        layer -> 100.0 * layer.of(kind).getKept().size() / layer.of(kind).getUnits();
    return layerLines(
        "kept-" + kind.name().toLowerCase(Locale.ROOT),
        "Kept " + units(kind) + " per layer",
        runs.stream()
            .map(r -> r.name() + " keeps " + range(r, share) + " % in a layer.")
            .collect(Collectors.joining(" ")),
        "kept, %",
        share);
  }

  /** Reconstruction errors. */
  Chart errors(SublayerKind kind) {
    ToDoubleFunction<Layer> error = layer -> layer.of(kind).getReconstructionError();
    return layerLines(
        "errors-" + kind.name().toLowerCase(Locale.ROOT),
        "Reconstruction error, " + Units.sublayer(kind),
        runs.stream()
            .map(r -> r.name() + ": " + range(r, error) + ".")
            .collect(Collectors.joining(" ")),
        "‖WX − ŴX‖² / ‖WX‖²",
        error);
  }

  private static String range(Run run, ToDoubleFunction<Layer> value) {
    double least =
        PruningFigures.layers(run.pruning()).stream().mapToDouble(value).min().orElseThrow();
    double most =
        PruningFigures.layers(run.pruning()).stream().mapToDouble(value).max().orElseThrow();
    return least == most
        ? NumberText.number(least)
        : NumberText.number(least) + " to " + NumberText.number(most);
  }

  private Chart layerLines(
      String id, String title, String finding, String axis, ToDoubleFunction<Layer> value) {
    return Chart.lines(
        id,
        title,
        finding,
        IntStream.range(0, layers()).mapToObj(Integer::toString).toList(),
        "decoder layer",
        axis,
        runs.stream().map(run -> series(run, value)).toList());
  }

  private Series series(Run run, ToDoubleFunction<Layer> value) {
    List<Double> values = new ArrayList<>();
    PruningFigures.layers(run.pruning()).forEach(layer -> values.add(value.applyAsDouble(layer)));
    while (values.size() < layers()) {
      values.add(null);
    }
    return Series.of(run.name(), values.stream());
  }

  /** Perplexities, and means of tasks: axes of their own, as less is better in the one. */
  List<Chart> quality() {
    List<String> perplexities = overview.perplexityNames();
    List<String> means =
        overview.measures().keySet().stream().filter(n -> !perplexities.contains(n)).toList();
    List<Chart> drawn = new ArrayList<>();
    if (!perplexities.isEmpty()) {
      drawn.add(measures("perplexity", "Perplexity", perplexities, "perplexity, less is better"));
    }
    if (!means.isEmpty()) {
      drawn.add(measures("tasks", "Tasks that all runs share", means, "share, more is better"));
    }
    return drawn;
  }

  private Chart measures(String id, String title, List<String> names, String axis) {
    List<Series> series = new ArrayList<>();
    for (Run model : comparison.denseModels()) {
      String name = comparison.denseModels().size() == 1 ? "dense" : "dense, " + model.name();
      series.add(
          Series.reference(name, names.stream().map(n -> firstDense(model, overview.measure(n)))));
    }
    for (Run run : runs) {
      series.add(
          Series.of(run.name(), names.stream().map(n -> overview.measure(n).apply(run).pruned())));
    }
    return Chart.bars(
        Kind.BARS,
        id,
        title,
        names.stream().map(this::best).collect(Collectors.joining(" ")),
        names.stream().map(n -> n.replaceFirst("^perplexity, ", "")).toList(),
        "",
        axis,
        series.stream().filter(Series::isThere).toList());
  }

  private @Nullable Double firstDense(Run model, Function<Run, Overview.Value> measure) {
    return runs.stream()
        .filter(r -> r.denseModel().equals(model.denseModel()))
        .map(r -> measure.apply(r).dense())
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private String best(String name) {
    Function<Run, Overview.Value> measure = overview.measure(name);
    boolean lessIsBetter = overview.perplexityNames().contains(name);
    List<Double> values =
        runs.stream().map(r -> measure.apply(r).pruned()).filter(Objects::nonNull).toList();
    Double best = lessIsBetter ? Collections.min(values) : Collections.max(values);
    String names =
        runs.stream()
            .filter(r -> best.equals(measure.apply(r).pruned()))
            .map(Run::name)
            .collect(Collectors.joining(" and "));
    return String.format(
        Locale.ROOT,
        "%s: best in %s, %s.",
        NumberText.capital(name),
        names,
        NumberText.number(best));
  }

  /** Wall time of each run. */
  Chart seconds() {
    Run fastest =
        runs.stream()
            .filter(r -> r.report().seconds() != null)
            .min(Comparator.comparingDouble(r -> r.report().seconds()))
            .orElseThrow();
    return Chart.bars(
        Kind.BARS,
        "seconds",
        "Time of the whole run",
        String.format(
            Locale.ROOT,
            "The shortest is %s, %s s.",
            fastest.name(),
            NumberText.number(fastest.report().seconds())),
        runs.stream().map(Run::name).toList(),
        "",
        "seconds",
        List.of(Series.of("seconds", runs.stream().map(r -> r.report().seconds()))));
  }
}

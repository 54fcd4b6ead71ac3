// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.report.Chart.Kind;
import io.github.slimbeam.pipelines.report.Chart.Series;
import io.github.slimbeam.pipelines.report.Chart.Spread;
import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.output.PruningJson;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The plots of one run, each with what is to be seen in it. */
final class RunCharts {
  private static final String LAYER = "decoder layer";
  private static final int MEDIAN = PruningJson.QUANTILES / 2;

  private final RunReport report;
  private final List<Layer> layers;
  private final List<String> numbers;

  /** What the error is, in letters. */
  private final String error;

  RunCharts(RunReport report, PruningRecord pruning) {
    this.report = report;
    this.layers = PruningFigures.layers(pruning);
    this.error =
        pruning.getRecipe().getOptions().contains(new RecipeOption("target", "dense"))
            ? "Σ w‖T − Ŵz‖² / Σ w‖T‖²"
            : "‖WX − ŴX‖² / ‖WX‖²";
    this.numbers = layers.stream().map(layer -> Integer.toString(layer.number())).toList();
  }

  /** Kept and removed units of each layer. */
  Chart kept(SublayerKind kind) {
    String units = Units.of(kind, report.queryHeadsPerGroup());
    List<Width> widths = layers.stream().map(layer -> layer.width(kind)).toList();
    int least = widths.stream().mapToInt(Width::kept).min().orElseThrow();
    int most = widths.stream().mapToInt(Width::kept).max().orElseThrow();
    String dense =
        widths.stream()
            .map(Width::dense)
            .distinct()
            .map(w -> NumberText.count((long) w))
            .collect(Collectors.joining(" or "));
    String finding =
        least == most
            ? String.format(Locale.ROOT, "Every layer keeps %d of %s.", least, dense)
            : String.format(
                Locale.ROOT,
                "A layer keeps %d to %d of %s, the fewest in %s.",
                least,
                most,
                dense,
                layersWhere(layer -> layer.of(kind).getKept().size() == least));
    return Chart.bars(
        Kind.STACKS,
        "kept-" + id(kind),
        "Kept " + units + " per layer",
        finding,
        numbers,
        LAYER,
        units,
        List.of(
            Series.of("kept", widths.stream().map(w -> (double) w.kept())),
            Series.of("removed", widths.stream().map(w -> (double) w.dense() - w.kept()))));
  }

  /** How much each layer's attention and FFN lose: shares of units, beside each other. */
  Chart allocation() {
    List<Double> heads = removed(SublayerKind.ATTENTION);
    List<Double> channels = removed(SublayerKind.FFN);
    return Chart.lines(
        "allocation",
        "Allocation: share of the units removed per layer",
        String.format(
            Locale.ROOT,
            "Attention loses %s of its %s, FFNs %s of their channels.",
            range(heads),
            Units.of(SublayerKind.ATTENTION, report.queryHeadsPerGroup()),
            range(channels)),
        numbers,
        LAYER,
        "share removed",
        List.of(Series.of("attention", heads.stream()), Series.of("FFN", channels.stream())));
  }

  private List<Double> removed(SublayerKind kind) {
    return layers.stream()
        .map(layer -> layer.width(kind))
        .map(width -> 1 - (double) width.kept() / width.dense())
        .toList();
  }

  private static String range(List<Double> shares) {
    String least = NumberText.percent(Collections.min(shares));
    String most = NumberText.percent(Collections.max(shares));
    return least.equals(most) ? least : least + " to " + most;
  }

  /** The reconstruction error of each sub-layer. */
  Chart errors() {
    return Chart.lines(
        "errors",
        "Reconstruction error per sub-layer",
        highest("Attention", layer -> layer.attention().getReconstructionError())
            + " "
            + highest("FFN", layer -> layer.ffn().getReconstructionError()),
        numbers,
        LAYER,
        error,
        List.of(
            Series.of(
                "attention", layers.stream().map(l -> l.attention().getReconstructionError())),
            Series.of("FFN", layers.stream().map(l -> l.ffn().getReconstructionError()))));
  }

  private String highest(String sublayer, ToDoubleFunction<Layer> error) {
    Layer worst = layers.stream().max(Comparator.comparingDouble(error)).orElseThrow();
    double least = layers.stream().mapToDouble(error).min().orElseThrow();
    return String.format(
        Locale.ROOT,
        "%s: %s to %s, the highest in layer %d.",
        sublayer,
        NumberText.number(least),
        NumberText.number(error.applyAsDouble(worst)),
        worst.number());
  }

  /** Whether any sub-layer of this kind says how its units were scored. */
  boolean hasScores(SublayerKind kind) {
    return layers.stream().anyMatch(l -> !l.of(kind).getKeptScores().isEmpty());
  }

  /** How the scores of kept and of removed units spread in each layer. */
  Chart scores(SublayerKind kind) {
    String units = Units.of(kind, report.queryHeadsPerGroup());
    List<SublayerReport> both =
        layers.stream()
            .map(layer -> layer.of(kind))
            .filter(s -> !s.getKeptScores().isEmpty() && !s.getRemovedScores().isEmpty())
            .toList();
    long apart =
        both.stream().filter(s -> last(s.getRemovedScores()) <= s.getKeptScores().get(0)).count();
    String finding =
        both.isEmpty()
            ? "No layer lost any."
            : String.format(
                Locale.ROOT,
                "In %d of the %d layers that lost any, every removed one scores below every kept one. The line is the"
                    + " median, the darker band the middle half, the lighter one all.",
                apart,
                both.size());
    return Chart.lines(
        "scores-" + id(kind),
        "Scores of " + units + ", kept and removed",
        finding,
        numbers,
        LAYER,
        "score",
        List.of(
            distribution("kept", kind, SublayerReport::getKeptScores),
            distribution("removed", kind, SublayerReport::getRemovedScores)));
  }

  private static double last(List<Double> quantiles) {
    return quantiles.get(quantiles.size() - 1);
  }

  private Series distribution(
      String name, SublayerKind kind, Function<SublayerReport, List<Double>> scores) {
    List<List<Double>> all = layers.stream().map(layer -> scores.apply(layer.of(kind))).toList();
    int end = PruningJson.QUANTILES - 1;
    return Series.of(name, quantile(all, MEDIAN).stream())
        .with(
            List.of(
                Spread.of(quantile(all, 0).stream(), quantile(all, end).stream()),
                Spread.of(quantile(all, end / 4).stream(), quantile(all, end * 3 / 4).stream())));
  }

  private static List<Double> quantile(List<List<Double>> all, int number) {
    List<Double> values = new ArrayList<>();
    all.forEach(quantiles -> values.add(quantiles.isEmpty() ? null : quantiles.get(number)));
    return values;
  }

  /** Seconds of the prune step in each layer. */
  Chart seconds() {
    double total =
        layers.stream().mapToDouble(l -> l.attention().getSeconds() + l.ffn().getSeconds()).sum();
    double ffn = layers.stream().mapToDouble(l -> l.ffn().getSeconds()).sum();
    return Chart.bars(
        Kind.STACKS,
        "seconds",
        "Time of the prune step per layer",
        String.format(
            Locale.ROOT,
            "%s s in all, %s s of them for the FFN.",
            NumberText.number(total),
            NumberText.number(ffn)),
        numbers,
        LAYER,
        "seconds",
        List.of(
            Series.of("attention", layers.stream().map(l -> l.attention().getSeconds())),
            Series.of("FFN", layers.stream().map(l -> l.ffn().getSeconds()))));
  }

  /** Worker-seconds of each stage. */
  Chart stages() {
    List<RunReport.Stage> stages = report.stages();
    double total = stages.stream().mapToDouble(RunReport.Stage::seconds).sum();
    RunReport.Stage longest =
        stages.stream().max(Comparator.comparingDouble(RunReport.Stage::seconds)).orElseThrow();
    return Chart.bars(
        Kind.BARS,
        "stages",
        "Time per stage",
        String.format(
            Locale.ROOT,
            "Workers computed for %s s, the longest in stage %s: %s s.",
            NumberText.number(total),
            longest.stage(),
            NumberText.number(longest.seconds())),
        stages.stream().map(RunReport.Stage::stage).toList(),
        "stage",
        "worker-seconds",
        List.of(Series.of("worker-seconds", stages.stream().map(RunReport.Stage::seconds))));
  }

  /** Perplexity before and after, on each text. */
  Chart perplexity() {
    List<RunReport.Perplexity> all = report.perplexity();
    return Chart.bars(
        Kind.BARS,
        "perplexity",
        "Perplexity before and after",
        all.stream()
            .map(p -> beforeAndAfter(Names.last(p.text()), p.dense(), p.pruned()))
            .collect(Collectors.joining(" ")),
        Names.distinct(all.stream().map(RunReport.Perplexity::text).toList()),
        "text",
        "perplexity, less is better",
        present(
            Series.reference("dense", all.stream().map(RunReport.Perplexity::dense)),
            Series.of("pruned", all.stream().map(RunReport.Perplexity::pruned))));
  }

  /** The first metric of each task, before and after. */
  Chart tasks() {
    List<RunReport.Task> tasks =
        report.tasks().stream().filter(t -> !t.metrics().isEmpty()).toList();
    List<RunReport.Metric> first = tasks.stream().map(t -> t.metrics().get(0)).toList();
    return Chart.bars(
        Kind.BARS,
        "tasks",
        "Tasks before and after",
        report.means().stream()
            .map(
                m ->
                    beforeAndAfter(
                        "Mean " + m.metric() + " of " + NumberText.tasks(m.tasks()),
                        m.dense(),
                        m.pruned()))
            .collect(Collectors.joining(" ")),
        tasks.stream().map(t -> t.task() + ", " + t.metrics().get(0).name()).toList(),
        "task",
        "share, more is better",
        present(
            Series.reference("dense", first.stream().map(RunReport.Metric::dense)),
            Series.of("pruned", first.stream().map(RunReport.Metric::pruned))));
  }

  private static List<Series> present(Series... series) {
    return List.of(series).stream().filter(Series::isThere).toList();
  }

  private static String beforeAndAfter(String what, @Nullable Double dense, double pruned) {
    return dense == null
        ? String.format(Locale.ROOT, "%s: %s pruned.", what, NumberText.number(pruned))
        : String.format(
            Locale.ROOT,
            "%s: %s dense, %s pruned (%s).",
            what,
            NumberText.number(dense),
            NumberText.number(pruned),
            NumberText.change(dense, pruned));
  }

  private String layersWhere(Function<Layer, Boolean> holds) {
    List<String> found =
        layers.stream().filter(holds::apply).map(l -> Integer.toString(l.number())).toList();
    if (found.size() == 1) {
      return "layer " + found.get(0);
    }
    return found.size() > 6
        ? found.size() + " layers"
        : "layers "
            + String.join(", ", found.subList(0, found.size() - 1))
            + " and "
            + found.get(found.size() - 1);
  }

  private static String id(SublayerKind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}

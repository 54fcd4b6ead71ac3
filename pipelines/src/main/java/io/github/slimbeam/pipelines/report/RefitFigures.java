// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.report.Chart.Series;
import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerReport;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What fitting the opening linears left of each FFN's target, on the windows that they were fitted
 * to and on those that they were not.
 */
final class RefitFigures {
  private final List<Layer> layers;

  RefitFigures(PruningRecord pruning) {
    this.layers = PruningFigures.layers(pruning);
  }

  /** Whether anything was fitted. */
  boolean isThere() {
    return layers.stream().anyMatch(layer -> !layer.ffn().getRefitErrors().isEmpty());
  }

  /** The plot, and its numbers. */
  Markup section(Page page) {
    Markup html = new Markup().add(page.chart(chart()));
    html.open("details").element("summary", "Numbers: round by round");
    return html.add(table().markup()).close("details");
  }

  /** Before the first round and after the last, layer by layer. */
  private Chart chart() {
    return Chart.lines(
        "refit",
        "What refitting the FFNs left of their targets",
        finding(),
        layers.stream().map(layer -> Integer.toString(layer.number())).toList(),
        "decoder layer",
        "share of the target left",
        List.of(
            series("fitted, before", SublayerReport::getRefitErrors, RefitFigures::first),
            series("fitted, after", SublayerReport::getRefitErrors, RefitFigures::last),
            series("held out, before", SublayerReport::getRefitHeldOut, RefitFigures::first),
            series("held out, after", SublayerReport::getRefitHeldOut, RefitFigures::last)));
  }

  private String finding() {
    List<List<Double>> heldOut =
        layers.stream()
            .map(layer -> layer.ffn().getRefitHeldOut())
            .filter(errors -> errors.size() > 1)
            .toList();
    if (heldOut.isEmpty()) {
      return "No round lowered the error on the windows that were held out, so none was taken.";
    }
    List<Double> falls = heldOut.stream().map(e -> 1 - last(e) / first(e)).sorted().toList();
    return String.format(
        Locale.ROOT,
        "A round was taken in %d of %d FFNs. On windows that were not fitted to, the error falls by %s to %s there.",
        heldOut.size(),
        layers.size(),
        NumberText.percent(first(falls)),
        NumberText.percent(last(falls)));
  }

  private Series series(
      String name,
      Function<SublayerReport, List<Double>> errors,
      Function<List<Double>, Double> which) {
    return Series.of(
        name,
        layers.stream()
            .map(layer -> errors.apply(layer.ffn()))
            .map(values -> values.isEmpty() ? null : which.apply(values)));
  }

  private static double first(List<Double> values) {
    return values.get(0);
  }

  private static double last(List<Double> values) {
    return values.get(values.size() - 1);
  }

  /** Round by round. */
  private Table table() {
    Table table =
        new Table("refit-table", "Share of the target left before the refit and after each round")
            .numbers("Layer")
            .words("Windows fitted to")
            .words("Windows held out");
    for (Layer layer : layers) {
      table.row(
          Integer.toString(layer.number()),
          rounds(layer.ffn().getRefitErrors()),
          rounds(layer.ffn().getRefitHeldOut()));
    }
    return table;
  }

  private static String rounds(List<Double> errors) {
    return errors.isEmpty()
        ? NumberText.NONE
        : errors.stream().map(NumberText::number).collect(Collectors.joining(" → "));
  }
}

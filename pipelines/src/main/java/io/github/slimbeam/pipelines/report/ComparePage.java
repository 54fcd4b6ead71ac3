// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static io.github.slimbeam.pipelines.report.NumberText.number;

import io.github.slimbeam.pipelines.report.Comparison.Asked;
import io.github.slimbeam.pipelines.report.Comparison.Run;
import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.pipelines.report.RunReport.Sample;
import io.github.slimbeam.schemas.SublayerKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The page of several runs, side by side. */
public final class ComparePage {
  private final Comparison comparison;
  private final List<Run> runs;
  private final Overview overview;
  private final ComparisonCharts charts;
  private final Page page;

  private ComparePage(Comparison comparison) {
    this.comparison = comparison;
    this.runs = comparison.runs();
    this.overview = new Overview(comparison);
    this.charts = new ComparisonCharts(comparison, overview);
    this.page =
        new Page(
            runs.size() + " runs compared",
            runs.stream().map(Run::name).collect(Collectors.joining(", ")));
  }

  /** The page as HTML. */
  public static String of(Comparison comparison) throws IOException {
    return new ComparePage(comparison).html();
  }

  private String html() throws IOException {
    page.section("overview", "Overview", new Markup().add(overview.table().markup()));
    page.section("asked", "What differs", asked());
    if (!overview.measures().isEmpty()) {
      page.section("quality", "Quality", quality());
    }
    page.section("kept", "Kept units", kept());
    page.section("error", "Reconstruction error", errors());
    if (runs.stream().anyMatch(r -> r.report().seconds() != null)) {
      page.section("time", "Time", new Markup().add(page.chart(charts.seconds())));
    }
    if (runs.stream().anyMatch(r -> !r.report().samples().isEmpty())) {
      page.section("samples", "Samples", samples());
    }
    return page.html();
  }

  private Markup asked() {
    List<Asked> differences = comparison.differences();
    Markup html = new Markup();
    if (differences.isEmpty()) {
      html.element("p", "All runs were asked the same.");
    } else {
      html.open("ul");
      for (Asked asked : differences) {
        html.element("li", asked.name() + ": " + said(asked) + ".");
      }
      html.close("ul");
    }
    html.element(
        "p",
        comparison.sameWindows()
            ? "All runs saw the same calibration windows."
            : "The runs did not see the same calibration windows.");
    if (!differences.isEmpty()) {
      html.add(options("differences-table", "Options that differ", differences));
    }
    List<Asked> same = comparison.asked().stream().filter(a -> !a.differs()).toList();
    html.open("details").element("summary", "Options that all runs share");
    Table table = new Table("shared-table", "Options that all runs share");
    table.words("Option").words("Value");
    same.forEach(a -> table.row(a.name(), a.values().get(0)));
    return html.add(table.markup()).close("details");
  }

  private String said(Asked asked) {
    List<String> parts = new ArrayList<>();
    for (String value : new LinkedHashSet<>(asked.values())) {
      List<String> names = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        if (Objects.equals(asked.values().get(i), value)) {
          names.add(runs.get(i).name());
        }
      }
      parts.add((value == null ? "not asked for" : value) + " in " + String.join(", ", names));
    }
    return String.join("; ", parts);
  }

  private Markup options(String id, String caption, List<Asked> asked) {
    Table table = new Table(id, caption).words("Option");
    runs.forEach(run -> table.words(run.name()));
    for (Asked one : asked) {
      List<String> cells = new ArrayList<>(List.of(one.name()));
      one.values().forEach(value -> cells.add(value == null ? NumberText.NONE : value));
      table.row(cells);
    }
    return table.markup();
  }

  private Markup quality() {
    Markup html = new Markup();
    List<Chart> drawn = charts.quality();
    return drawn.size() > 1 ? html.add(page.charts(drawn)) : html.add(page.chart(drawn.get(0)));
  }

  private Markup kept() {
    Markup html = new Markup();
    html.add(
        page.charts(List.of(charts.kept(SublayerKind.ATTENTION), charts.kept(SublayerKind.FFN))));
    for (SublayerKind kind : SublayerKind.values()) {
      html.add(
          layers(
              "kept-table-" + Units.sublayer(kind),
              "Kept " + charts.units(kind),
              layer -> {
                Width width = layer.width(kind);
                return width.kept() + " of " + width.dense();
              }));
    }
    return html;
  }

  private Markup errors() {
    Markup html = new Markup();
    html.add(
        page.charts(
            List.of(charts.errors(SublayerKind.ATTENTION), charts.errors(SublayerKind.FFN))));
    for (SublayerKind kind : SublayerKind.values()) {
      html.add(
          layers(
              "errors-table-" + Units.sublayer(kind),
              "Reconstruction error, " + Units.sublayer(kind),
              layer -> number(layer.of(kind).getReconstructionError())));
    }
    return html;
  }

  /** A row for each layer, a column for each run, folded. */
  private Markup layers(String id, String caption, Function<Layer, String> cell) {
    Table table = new Table(id, caption).numbers("Layer");
    runs.forEach(run -> table.numbers(run.name()));
    int most = charts.layers();
    for (int i = 0; i < most; i++) {
      List<String> cells = new ArrayList<>(List.of(Integer.toString(i)));
      for (Run run : runs) {
        List<Layer> layers = PruningFigures.layers(run.pruning());
        cells.add(i < layers.size() ? cell.apply(layers.get(i)) : NumberText.NONE);
      }
      table.row(cells);
    }
    return new Markup()
        .open("details")
        .element("summary", "Numbers: " + caption)
        .add(table.markup())
        .close("details");
  }

  private Markup samples() {
    Set<String> prompts = new LinkedHashSet<>();
    runs.forEach(r -> r.report().samples().forEach(s -> prompts.add(s.prompt())));
    Markup html = new Markup();
    int number = 1;
    for (String prompt : prompts) {
      html.open("article", "class", "sample").element("h3", "Prompt " + number++);
      html.element("blockquote", prompt, "dir", "auto").open("div", "class", "beside");
      Set<String> dense = new LinkedHashSet<>();
      runs.forEach(
          r ->
              sample(r, prompt)
                  .filter(s -> s.dense() != null)
                  .ifPresent(s -> dense.add(s.dense())));
      dense.forEach(text -> written(html, "Dense", text));
      runs.forEach(r -> sample(r, prompt).ifPresent(s -> written(html, r.name(), s.pruned())));
      html.close("div").close("article");
    }
    return html;
  }

  private static Optional<Sample> sample(Run run, String prompt) {
    return run.report().samples().stream().filter(s -> s.prompt().equals(prompt)).findFirst();
  }

  private static void written(Markup html, String model, String text) {
    html.open("div").element("h4", model);
    html.element("p", text, "class", "written", "dir", "auto").close("div");
  }
}

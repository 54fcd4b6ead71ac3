// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static io.github.slimbeam.pipelines.report.NumberText.number;

import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.output.PruningJson;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The page of one run. What was not measured has no section, and is named. */
public final class ReportPage {
  private final RunReport report;
  private final PruningRecord pruning;
  private final RunCharts charts;
  private final RefitFigures refit;
  private final Page page;

  private ReportPage(RunReport report) {
    this.report = report;
    this.pruning = PruningJson.of(report.pruning(), report.output());
    this.charts = new RunCharts(report, pruning);
    this.refit = new RefitFigures(pruning);
    this.page =
        new Page(
            Names.last(report.output()),
            String.format(
                Locale.ROOT,
                "%s, pruned by %s: %s of the decoder layers' linear weights are gone, %s of all parameters.",
                Names.last(pruning.getModel()),
                pruning.getRecipe().getMethod(),
                NumberText.percent(pruning.getRemovedShare()),
                NumberText.percent(PruningFigures.removedOfAll(pruning))));
  }

  /** The page as HTML. */
  public static String of(RunReport report) throws IOException {
    return new ReportPage(report).html();
  }

  private String html() throws IOException {
    page.section("glance", "At a glance", glance());
    page.section("asked", "What was asked", asked());
    if (!report.perplexity().isEmpty()) {
      page.section("perplexity-section", "Perplexity", perplexity());
    }
    if (!report.tasks().isEmpty()) {
      page.section("tasks-section", "Tasks", tasks());
    }
    if (!report.samples().isEmpty()) {
      page.section("samples", "Samples", samples());
    }
    page.section("layers", "Layers", layers());
    if (refit.isThere()) {
      page.section("refit-section", "Refit", refit.section(page));
    }
    if (charts.hasScores(SublayerKind.ATTENTION) || charts.hasScores(SublayerKind.FFN)) {
      page.section("scores", "Scores", scores());
    }
    page.section("time", "Time", time());
    page.section("provenance", "Provenance", Provenance.of(pruning));
    return page.html();
  }

  private Markup glance() {
    Markup html = new Markup().open("dl", "class", "figures");
    figure(
        html,
        "Parameters",
        NumberText.count(pruning.getParametersAfter()),
        "of " + NumberText.count(pruning.getParametersBefore()));
    figure(
        html,
        "Removed",
        NumberText.percent(pruning.getRemovedShare()),
        "of the layers' linear weights");
    for (RunReport.Perplexity p : report.perplexity()) {
      figure(
          html, "Perplexity", number(p.pruned()), dense(p.dense()) + ", " + Names.last(p.text()));
    }
    for (RunReport.Mean mean : report.means()) {
      figure(
          html,
          "Mean " + mean.metric(),
          number(mean.pruned()),
          dense(mean.dense()) + ", " + NumberText.tasks(mean.tasks()));
    }
    if (report.seconds() != null) {
      figure(html, "Time", number(report.seconds()) + "\u00a0s", "the whole run");
    }
    html.close("dl");
    List<String> missing =
        Stream.of(
                report.perplexity().isEmpty() ? "perplexity" : "",
                report.tasks().isEmpty() ? "benchmark tasks" : "",
                report.samples().isEmpty() ? "generated samples" : "",
                report.stages().isEmpty() ? "time per stage" : "")
            .filter(name -> !name.isEmpty())
            .toList();
    return missing.isEmpty()
        ? html
        : html.element("p", "Not measured: " + String.join(", ", missing) + ".", "class", "note");
  }

  private static void figure(Markup html, String name, String value, String note) {
    html.open("div").element("dt", name).open("dd");
    html.element("strong", value).text(" ").element("small", note).close("dd").close("div");
  }

  private static String dense(@Nullable Double value) {
    return value == null ? "dense not measured" : "dense " + number(value);
  }

  private Markup asked() {
    Table table = new Table("recipe", "The run's options").words("Option").words("Value");
    table.row("model", pruning.getModel());
    table.row("method", pruning.getRecipe().getMethod());
    pruning.getRecipe().getOptions().forEach(o -> table.row(o.getName(), o.getValue()));
    Markup html = new Markup().add(table.markup());
    PruningFigures.fewTokens(pruning)
        .ifPresent(remark -> html.element("p", "Warning: " + remark + "."));
    return html.element(
        "p",
        String.format(
            Locale.ROOT,
            "%s calibration windows, %s tokens in all.",
            NumberText.count(pruning.getWindows().getTexts()),
            NumberText.count(pruning.getSublayers().get(0).getTokens())));
  }

  private Markup perplexity() {
    Table table =
        new Table("perplexity-table", "Perplexity on held-out text, less is better")
            .words("Text")
            .numbers("Dense")
            .numbers("Pruned")
            .numbers("Change")
            .numbers("Windows")
            .numbers("Length")
            .numbers("Tokens")
            .words("Documents joined by")
            .words("Special tokens")
            .words("Type");
    for (RunReport.Perplexity p : report.perplexity()) {
      table.row(
          Names.last(p.text()),
          number(p.dense()),
          number(p.pruned()),
          p.dense() == null ? NumberText.NONE : NumberText.change(p.dense(), p.pruned()),
          NumberText.count(p.windows()),
          NumberText.count((long) p.sequenceLength()),
          NumberText.count(p.tokens()),
          p.join(),
          p.specialTokens() ? "added" : "none",
          p.dtype());
    }
    return new Markup().add(page.chart(charts.perplexity())).add(table.markup());
  }

  private Markup tasks() {
    Table table =
        new Table("tasks-table", "Benchmark tasks, with standard errors")
            .words("Task")
            .words("Metric")
            .numbers("Questions")
            .numbers("Dense")
            .numbers("Pruned")
            .numbers("Difference");
    for (RunReport.Task task : report.tasks()) {
      for (RunReport.Metric m : task.metrics()) {
        table.row(
            task.task(),
            m.name(),
            NumberText.count(task.questions()),
            withError(m.dense(), m.denseStderr()),
            withError(m.pruned(), m.prunedStderr()),
            difference(m.dense(), m.pruned()));
      }
    }
    for (RunReport.Mean m : report.means()) {
      table.row(
          "total",
          List.of(
              "mean of " + NumberText.tasks(m.tasks()),
              m.metric(),
              "",
              number(m.dense()),
              number(m.pruned()),
              difference(m.dense(), m.pruned())));
    }
    return new Markup().add(page.chart(charts.tasks())).add(table.markup());
  }

  private static String withError(@Nullable Double value, @Nullable Double error) {
    return value == null || error == null
        ? number(value)
        : String.format(Locale.ROOT, "%.4f ± %.4f", value, error);
  }

  private static String difference(@Nullable Double dense, double pruned) {
    return dense == null
        ? NumberText.NONE
        : String.format(Locale.ROOT, "%+.4f", pruned - dense).replace('-', '−');
  }

  private Markup samples() {
    Markup html = new Markup();
    html.element("p", "What each model writes after the same prompt.");
    for (int i = 0; i < report.samples().size(); i++) {
      RunReport.Sample sample = report.samples().get(i);
      html.open("article", "class", "sample").element("h3", "Prompt " + (i + 1));
      html.element("blockquote", sample.prompt(), "dir", "auto");
      html.open("div", "class", "beside");
      if (sample.dense() != null) {
        written(html, "Dense", sample.dense());
      }
      written(html, "Pruned", sample.pruned());
      html.close("div").close("article");
    }
    return html;
  }

  private static void written(Markup html, String model, String text) {
    html.open("div").element("h4", model);
    html.element("p", text, "class", "written", "dir", "auto").close("div");
  }

  private Markup layers() {
    @Nullable Integer perGroup = report.queryHeadsPerGroup();
    String heads = Units.of(SublayerKind.ATTENTION, perGroup);
    int sharing = perGroup == null ? 1 : perGroup;
    boolean shared = sharing > 1;
    Table table =
        new Table("layers-table", "What each layer kept, and at what error")
            .numbers("Layer")
            .numbers(NumberText.capital(heads) + " kept");
    if (shared) {
      table.numbers("Query heads kept");
    }
    table
        .numbers("Error, attention")
        .numbers("FFN channels kept")
        .numbers("Error, FFN")
        .words("Damping raised");
    for (Layer layer : PruningFigures.layers(pruning)) {
      List<String> cells = new ArrayList<>();
      cells.add(Integer.toString(layer.number()));
      cells.add(kept(layer.width(SublayerKind.ATTENTION)));
      if (shared) {
        cells.add(kept(layer.width(SublayerKind.ATTENTION).times(sharing)));
      }
      cells.add(number(layer.attention().getReconstructionError()));
      cells.add(kept(layer.width(SublayerKind.FFN)));
      cells.add(number(layer.ffn().getReconstructionError()));
      cells.add(damping(layer));
      table.row(cells);
    }
    return new Markup()
        .element(
            "p",
            "Whole units go: "
                + heads
                + (shared ? ", each with the " + sharing + " query heads that share it," : "")
                + " and FFN channels. The error is that of the linear that closes the sub-layer, on the calibration"
                + " tokens.")
        .add(page.chart(charts.allocation()))
        .add(
            page.charts(
                List.of(charts.kept(SublayerKind.ATTENTION), charts.kept(SublayerKind.FFN))))
        .add(page.chart(charts.errors()))
        .add(table.markup());
  }

  private static String kept(Width width) {
    return NumberText.count((long) width.kept()) + " of " + NumberText.count((long) width.dense());
  }

  private static String damping(Layer layer) {
    List<String> raised = new ArrayList<>();
    for (SublayerReport s : List.of(layer.attention(), layer.ffn())) {
      if (s.getDampingRaised() > 0) {
        raised.add(Units.sublayer(s.getSublayer().getKind()) + ", to " + number(s.getDamping()));
      }
    }
    return raised.isEmpty() ? "no" : String.join("; ", raised);
  }

  private Markup scores() {
    List<Chart> drawn =
        Stream.of(SublayerKind.values()).filter(charts::hasScores).map(charts::scores).toList();
    Markup html = new Markup().add(page.charts(drawn));
    for (SublayerKind kind : SublayerKind.values()) {
      if (charts.hasScores(kind)) {
        html.open("details").element("summary", "Numbers: " + Units.sublayer(kind));
        html.add(ScoreTable.of(pruning, kind).markup()).close("details");
      }
    }
    return html;
  }

  private Markup time() {
    Markup html = new Markup();
    List<Chart> drawn = new ArrayList<>();
    if (!report.stages().isEmpty()) {
      drawn.add(charts.stages());
    }
    drawn.add(charts.seconds());
    html.add(page.charts(drawn));
    if (!report.stages().isEmpty()) {
      Table table =
          new Table("stages-table", "What the stages read, wrote and took, over all workers")
              .words("Stage")
              .numbers("Sequences")
              .numbers("Tokens")
              .numbers("Bytes")
              .numbers("Worker-seconds");
      for (RunReport.Stage s : report.stages()) {
        table.row(
            s.stage(),
            NumberText.count(s.sequences()),
            NumberText.count(s.tokens()),
            NumberText.count(s.bytes()),
            number(s.seconds()));
      }
      html.add(table.markup());
    }
    Table table =
        new Table("seconds-table", "Seconds of the prune step")
            .numbers("Layer")
            .numbers("Attention")
            .numbers("FFN");
    for (Layer l : PruningFigures.layers(pruning)) {
      table.row(
          Integer.toString(l.number()),
          number(l.attention().getSeconds()),
          number(l.ffn().getSeconds()));
    }
    html.open("details").element("summary", "Numbers: the prune step");
    return html.add(table.markup()).close("details");
  }
}

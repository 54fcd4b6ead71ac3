// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.pipelines.inspect.DenseModel.Parameters;
import io.github.slimbeam.pipelines.report.Table;
import io.github.slimbeam.transforms.serving.Engine;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Stream;

/** Prints an {@link Inspection} for reading. */
final class InspectionText {
  private final PrintStream out;
  private final Inspection inspection;

  private InspectionText(PrintStream out, Inspection inspection) {
    this.out = out;
    this.inspection = inspection;
  }

  static void print(PrintStream out, Inspection inspection) {
    InspectionText text = new InspectionText(out, inspection);
    text.model();
    text.plan();
    text.layers();
    text.curves();
    text.after();
    text.cost();
    text.serving();
  }

  private void model() {
    DenseModel model = inspection.model();
    line("model    %s", model.directory());
    line(
        "         %s (family %s), %d layers, hidden %d, heads of %d, vocabulary %d, context %d, %s%s",
        model.architecture(),
        model.family(),
        inspection.plan().layers().size(),
        model.hidden(),
        model.headSize(),
        model.vocabulary(),
        model.context(),
        model.dtype(),
        model.weights() ? "" : "; the weights are not there: this follows from config.json alone");
  }

  private void plan() {
    PlannedPruning.Recipe recipe = inspection.recipe();
    line("");
    line("plan     %s", recipe.words());
    if (!inspection.plan().known()) {
      line(
          "         schedule %s follows from the calibration text: below is uniform with the same mean, which differs",
          recipe.schedule());
      line(
          "         layer by layer; sizes of the whole are right within rounding. --schedule=… names one that is known");
    }
    if (inspection.plan().keptHeads() != null) {
      line("note     %s", inspection.plan().keptHeads());
    }
    if (inspection.plan().met() != null) {
      line("met      %s", inspection.plan().met());
    }
    if (inspection.plan().shortfall() != null) {
      line("warning  %s", inspection.plan().shortfall());
    }
  }

  /** Columns as wide as a large model's, so that two models can be laid side by side. */
  private void layers() {
    Table table =
        new Table()
            .numbers("layer")
            .numbers("ratio", 8)
            .numbers("KV groups kept", 15)
            .numbers("heads kept", 16)
            .numbers("channels kept", 21);
    for (PlannedPruning.Layer layer : inspection.plan().layers()) {
      table.row(
          Integer.toString(layer.layer()),
          fixed(4, layer.ratio()),
          layer.groups() + " of " + layer.groupsBefore(),
          layer.heads() + " of " + layer.headsBefore(),
          layer.channels() + " of " + layer.channelsBefore());
    }
    table.text(0).forEach(out::println);
  }

  /** Other ratios, of the same curves: a column each. */
  private void curves() {
    List<CurvePlan> plans = inspection.curves();
    if (plans.isEmpty()) {
      return;
    }
    line("");
    line("by the curves: KV groups + channels kept, at a ratio of");
    Table table = new Table().words("layer");
    plans.forEach(plan -> table.numbers(Double.toString(plan.pruningRatio())));
    for (int layer = 0; layer < inspection.plan().layers().size(); layer++) {
      int number = layer;
      table.row(
          row(
              Integer.toString(layer),
              plan ->
                  plan.layers().get(number).groups()
                      + " + "
                      + plan.layers().get(number).channels()));
    }
    table.row(row("parameters", plan -> count(plan.parameters())));
    table.row(row("error", plan -> fixed(4, plan.error())));
    table.text(0).forEach(out::println);
  }

  private List<String> row(String title, Function<CurvePlan, String> cell) {
    return Stream.concat(Stream.of(title), inspection.curves().stream().map(cell)).toList();
  }

  private void after() {
    Parameters before = inspection.model().parameters();
    PrunedModel result = inspection.after();
    Parameters after = result.parameters();
    line("");
    new Table()
        .words("parameters")
        .numbers("before", 14)
        .numbers("after", 15)
        .words("")
        .row("total", count(before.total()), count(after.total()), "")
        .row("embedding", count(before.embedding()), count(after.embedding()), "")
        .row("head", count(before.head()), count(after.head()), "")
        .row("attention", count(before.attention()), count(after.attention()), "")
        .row("ffn", count(before.ffn()), count(after.ffn()), "")
        .row("norms", count(before.norms()), count(after.norms()), "")
        .row(
            "bytes",
            count(inspection.model().bytes()),
            count(result.bytes()),
            " in " + result.files() + (result.files() == 1 ? " file" : " files") + " of weights")
        .text(0)
        .forEach(out::println);
    line(
        "%.1f %% of all parameters and %.1f %% of the layers' linear weights go",
        100 - 100.0 * after.total() / before.total(), 100 * result.removedShare());
  }

  private void cost() {
    RunEstimate cost = inspection.cost();
    line("");
    line(
        "cost     %d windows of %d tokens, %d worker%s in one process, each (measured just now) %.0f GFLOP/s in F32,",
        cost.sequences(),
        cost.sequenceLength(),
        cost.workers(),
        cost.workers() == 1 ? "" : "s",
        cost.rates().gigaflops32());
    line(
        "         %.0f in F64, %.1f GB/s to new memory, %.1f GB/s of SHA-256; without --evaluation",
        cost.rates().gigaflops64(), cost.rates().gigabytes(), cost.rates().gigabytesHashed());
    stages(cost);
    line("time     about %s (%.0f worker-seconds)", duration(cost.seconds()), cost.workerSeconds());
    line(
        "memory   about %s: process %s, heap %s, tensors at most %s (%s)",
        gigabytes(cost.memory().total()),
        gigabytes(cost.memory().process()),
        gigabytes(cost.memory().heap()),
        gigabytes(cost.memory().tensors()),
        cost.memory().tensorsIn());
    line(
        "disk     work directory at most %s, output %s",
        gigabytes(cost.disk().workDirectory()), gigabytes((double) cost.disk().output()));
  }

  private void stages(RunEstimate cost) {
    Table table =
        new Table()
            .words("stage")
            .numbers("TFLOP F32")
            .numbers("TFLOP F64")
            .numbers("GB written")
            .numbers("worker-seconds");
    for (RunEstimate.Stage stage : cost.stages()) {
      table.row(
          stage.stage(),
          fixed(3, stage.teraflops32()),
          fixed(3, stage.teraflops64()),
          fixed(1, stage.gigabytes()),
          fixed(1, stage.workerSeconds()));
    }
    table.row("runner", "", "", "", fixed(1, cost.overheadWorkerSeconds()));
    table.text(0).forEach(out::println);
  }

  private void serving() {
    line("");
    line(
        "result   a Hugging Face directory, %s: %s%s",
        inspection.after().architecture(),
        inspection.after().form(),
        inspection.plan().known() ? "" : " (if the plan were the one above)");
    Table engines = new Table().words("").words("").words("");
    for (Inspection.EngineFit fit : inspection.engines()) {
      engines.row(fit.engine(), verdict(fit.verdict()), fit.how());
    }
    engines.text(2).forEach(out::println);
    line("rows of whole blocks");
    Table blocks = new Table().words("").numbers("").words("");
    for (Inspection.BlockFit fit : inspection.quantisations()) {
      blocks.row(
          fit.quantisation(),
          Integer.toString(fit.block()),
          String.format(Locale.ROOT, "%d of %d layers", fit.layers(), fit.of())
              + (fit.misfit().isEmpty() ? "" : "; " + fit.misfit()));
    }
    blocks.text(2).forEach(out::println);
    line("can be split evenly over devices: %s", inspection.splits().toString().replace(" ", ""));
  }

  private static String verdict(Engine.Verdict verdict) {
    return switch (verdict) {
      case YES -> "yes";
      case CONVERTED -> "once converted";
      case NO -> "no";
    };
  }

  private static String fixed(int digits, double value) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  private static String count(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private static String gigabytes(double bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }

  private static String duration(double seconds) {
    return seconds < 120
        ? String.format(Locale.ROOT, "%.0f s", seconds)
        : seconds < 7200
            ? String.format(Locale.ROOT, "%.0f minutes", seconds / 60)
            : String.format(Locale.ROOT, "%.1f hours", seconds / 3600);
  }

  private void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}

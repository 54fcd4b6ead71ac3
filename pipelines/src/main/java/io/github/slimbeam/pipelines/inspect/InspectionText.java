package io.github.slimbeam.pipelines.inspect;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.Locale;

/** Prints what {@link Inspection} gathered. */
final class InspectionText {
  private final PrintStream out;
  private final JsonNode root;

  private InspectionText(PrintStream out, JsonNode root) {
    this.out = out;
    this.root = root;
  }

  static void print(PrintStream out, JsonNode description) {
    InspectionText text = new InspectionText(out, description);
    text.model();
    text.plan();
    text.after();
    text.cost();
    text.serving();
  }

  private void model() {
    JsonNode model = root.get("model");
    line("model    %s", model.get("directory").asText());
    line(
        "         %s (family %s), %d layers, hidden %d, heads of %d, vocabulary %d, context %d, %s%s",
        model.get("architecture").asText(),
        model.get("family").asText(),
        root.at("/plan/layers").size(),
        model.get("hidden").asInt(),
        model.get("headSize").asInt(),
        model.get("vocabulary").asInt(),
        model.get("context").asInt(),
        model.get("dtype").asText(),
        model.get("weights").asBoolean()
            ? ""
            : "; the weights are not there: this follows from config.json alone");
  }

  private void plan() {
    JsonNode recipe = root.get("recipe");
    boolean known = root.at("/plan/known").asBoolean();
    line("");
    line(
        "plan     --method=%s --recovery=%s --schedule=%s --layout=%s %s",
        recipe.get("method").asText(),
        recipe.get("recovery").asText(),
        recipe.get("schedule").asText(),
        recipe.get("layout").asText(),
        recipe.has("pruningRatio")
            ? "--pruningRatio=" + recipe.get("pruningRatio")
            : "--targetParameters=" + recipe.get("targetParameters"));
    if (!known) {
      line(
          "         schedule %s follows from the calibration text: below is uniform with the same mean, which differs",
          recipe.get("schedule").asText());
      line(
          "         layer by layer; sizes of the whole are right within rounding. --schedule=… names one that is known");
    }
    if (root.at("/plan").has("shortfall")) {
      line("warning  %s", root.at("/plan/shortfall").asText());
    }
    line("layer     ratio     KV groups kept      heads kept        channels kept");
    for (JsonNode layer : root.at("/plan/layers")) {
      line(
          "%5d   %7.4f   %8d of %-5d %8d of %-5d   %8d of %-6d",
          layer.get("layer").asInt(),
          layer.get("ratio").asDouble(),
          layer.get("groups").asInt(),
          layer.get("groupsBefore").asInt(),
          layer.get("heads").asInt(),
          layer.get("headsBefore").asInt(),
          layer.get("channels").asInt(),
          layer.get("channelsBefore").asInt());
    }
  }

  private void after() {
    JsonNode before = root.at("/model/parameters");
    JsonNode after = root.get("after");
    line("");
    line("parameters          before            after");
    before
        .fieldNames()
        .forEachRemaining(
            part ->
                line(
                    "%-10s %,15d  %,15d",
                    part, before.get(part).asLong(), after.at("/parameters/" + part).asLong()));
    line(
        "%-10s %,15d  %,15d   in %d file%s of weights",
        "bytes",
        root.at("/model/bytes").asLong(),
        after.get("bytes").asLong(),
        after.get("files").asInt(),
        after.get("files").asInt() == 1 ? "" : "s");
    line(
        "%.1f %% of all parameters and %.1f %% of the layers' linear weights go",
        100 - 100.0 * after.at("/parameters/total").asLong() / before.get("total").asLong(),
        100 * after.get("removedShare").asDouble());
  }

  private void cost() {
    JsonNode cost = root.get("cost");
    line("");
    line(
        "cost     %d windows of %d tokens, %d worker%s in one process, each (measured just now) %.0f GFLOP/s in F32,",
        cost.get("sequences").asInt(),
        cost.get("sequenceLength").asInt(),
        cost.get("workers").asInt(),
        cost.get("workers").asInt() == 1 ? "" : "s",
        cost.at("/rates/gigaflops32").asDouble());
    line(
        "         %.0f in F64, %.1f GB/s to new memory, %.1f GB/s of SHA-256; without --evaluation",
        cost.at("/rates/gigaflops64").asDouble(),
        cost.at("/rates/gigabytes").asDouble(),
        cost.at("/rates/gigabytesHashed").asDouble());
    line("stage     TFLOP F32   TFLOP F64   GB written   worker-seconds");
    for (JsonNode stage : cost.get("stages")) {
      line(
          "%-8s  %9.3f   %9.3f   %10.1f   %14.1f",
          stage.get("stage").asText(),
          stage.get("teraflops32").asDouble(),
          stage.get("teraflops64").asDouble(),
          stage.get("gigabytes").asDouble(),
          stage.get("workerSeconds").asDouble());
    }
    line(
        "%-8s  %9s   %9s   %10s   %14.1f",
        "runner", "", "", "", cost.get("overheadWorkerSeconds").asDouble());
    line(
        "time     about %s (%.0f worker-seconds)",
        duration(cost.get("seconds").asDouble()), cost.get("workerSeconds").asDouble());
    line(
        "memory   about %s: process %s, heap %s, tensors at most %s (%s)",
        gigabytes(cost.at("/memory/total")),
        gigabytes(cost.at("/memory/process")),
        gigabytes(cost.at("/memory/heap")),
        gigabytes(cost.at("/memory/tensors")),
        cost.at("/memory/tensorsIn").asText());
    line(
        "disk     work directory at most %s, output %s",
        gigabytes(cost.at("/disk/workDirectory")), gigabytes(cost.at("/disk/output")));
  }

  private void serving() {
    JsonNode after = root.get("after");
    line("");
    line(
        "result   a Hugging Face directory, %s: %s%s",
        after.get("architecture").asText(),
        after.get("form").asText(),
        root.at("/plan/known").asBoolean() ? "" : " (if the plan were the one above)");
    for (JsonNode engine : root.get("engines")) {
      line(
          "  %-20s %-17s %s",
          engine.get("engine").asText(),
          switch (engine.get("verdict").asText()) {
            case "YES" -> "yes";
            case "CONVERTED" -> "once converted";
            default -> "no";
          },
          engine.get("how").asText());
    }
    line("rows of whole blocks");
    for (JsonNode fit : root.get("quantisations")) {
      String misfit = fit.get("misfit").asText();
      line(
          "  %-34s %4d   %d of %d layers%s",
          fit.get("quantisation").asText(),
          fit.get("block").asInt(),
          fit.get("layers").asInt(),
          fit.get("of").asInt(),
          misfit.isEmpty() ? "" : "; " + misfit);
    }
    line("can be split evenly over devices: %s", root.get("splits"));
  }

  private static String gigabytes(JsonNode bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes.asDouble() / 1e9);
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

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.card;

import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.pipelines.report.RunReport;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.output.CardFile;
import io.github.slimbeam.transforms.output.PruningJson;
import io.github.slimbeam.transforms.serving.Engine;
import io.github.slimbeam.transforms.serving.ServedModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.UserText;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The card of a pruned model: what it was made of and how, its widths, what was measured and by
 * which protocol, and which programs open it. What was not measured is not in it.
 */
public final class ModelCard {
  private final List<String> lines = new ArrayList<>();

  private ModelCard() {}

  /**
   * Refuses a directory whose card is somebody else's, which a run would have to replace.
   *
   * @throws BadInputException naming the file
   */
  public static void checkPlace(Storage storage, String directory) throws IOException {
    BadInputException.check(
        !CardFile.isForeign(storage, directory),
        "%s was not written by slim-beam and would be replaced by the pruned model's card: move it elsewhere",
        storage.resolve(directory, CardFile.NAME));
  }

  /**
   * Writes the card beside a pruned model, in the place of one of ours.
   *
   * @param dense the dense model
   * @param report of the run
   */
  public static void write(Storage storage, Model dense, String directory, RunReport report)
      throws IOException {
    checkPlace(storage, directory);
    String text = of(storage, dense, Model.open(storage, directory), report);
    storage.writeText(storage.resolve(directory, CardFile.NAME), text);
  }

  static String of(Storage storage, Model dense, Model pruned, RunReport report)
      throws IOException {
    ModelCard card = new ModelCard();
    String source = dense.checkpoint().directory();
    String directory = Storage.withoutSlash(pruned.checkpoint().directory());
    PruningRecord record = PruningJson.of(report.pruning(), report.output());
    card.lines.addAll(FrontMatter.of(storage, source, dense.config()));
    card.line(CardFile.MARK);
    card.line("");
    card.line("# " + plain(directory.substring(directory.lastIndexOf('/') + 1)));
    card.line("");
    card.line(
        String.format(
            Locale.ROOT,
            "%s with whole attention heads and FFN channels taken out: %.1f %% of the decoder layers' linear weights. No"
                + " training followed.",
            plain(FrontMatter.name(source, dense.config())),
            100 * record.getRemovedShare()));
    card.sizes(dense, pruned);
    card.recipe(record);
    card.widths(dense.config().layers(), pruned.config().layers());
    card.measures(report);
    card.programs(pruned.config());
    return String.join("\n", card.lines) + "\n";
  }

  private void sizes(Model dense, Model pruned) {
    heading("Size");
    row("", "before", "after");
    row("---", "---:", "---:");
    row(
        "parameters of the language model",
        count(dense.config().parameters(dense.config().layers())),
        count(pruned.config().parameters(pruned.config().layers())));
    row("parameters of all tensors", count(elements(dense)), count(elements(pruned)));
    row("bytes of all tensors", count(bytes(dense)), count(bytes(pruned)));
  }

  private static long elements(Model model) {
    return model.checkpoint().tensors().values().stream().mapToLong(TensorEntry::elements).sum();
  }

  private static long bytes(Model model) {
    return model.checkpoint().tensors().values().stream()
        .mapToLong(entry -> entry.end() - entry.begin())
        .sum();
  }

  private void recipe(PruningRecord record) {
    heading("How it was made");
    row("option", "value");
    row("---", "---");
    row("method", record.getRecipe().getMethod());
    for (RecipeOption option : record.getRecipe().getOptions()) {
      row(option.getName(), option.getValue());
    }
    for (RecipeOption version : record.getVersions()) {
      row(version.getName(), version.getValue());
    }
    line("");
    line("`pruning.json` has the kept indices, errors and hashes.");
  }

  private void widths(List<LayerShape> before, List<LayerShape> after) {
    heading("Widths");
    row("layer", "query heads", "KV groups", "FFN channels");
    row("---:", "---:", "---:", "---:");
    for (int layer = 0; layer < after.size(); layer++) {
      LayerShape dense = before.get(layer);
      LayerShape pruned = after.get(layer);
      row(
          String.valueOf(layer),
          pruned.heads() + " of " + dense.heads(),
          pruned.groups() + " of " + dense.groups(),
          pruned.channels() + " of " + dense.channels());
    }
  }

  private void measures(RunReport report) {
    heading("Measured");
    if (report.perplexity().isEmpty() && report.tasks().isEmpty()) {
      line("Nothing was measured in the run that made it.");
      return;
    }
    row("measure", "protocol", "before", "after");
    row("---", "---", "---:", "---:");
    for (RunReport.Perplexity text : report.perplexity()) {
      row(
          "perplexity, " + text.text(),
          String.format(
              Locale.ROOT,
              "%d windows of %d tokens, documents joined by %s, special tokens %s, %s",
              text.windows(),
              text.sequenceLength(),
              text.join(),
              text.specialTokens() ? "added" : "not added",
              text.dtype()),
          value(text.dense()),
          value((Double) text.pruned()));
    }
    for (RunReport.Task task : report.tasks()) {
      for (RunReport.Metric metric : task.metrics()) {
        row(
            metric.name() + ", " + task.task(),
            task.questions() + " questions, zero-shot",
            value(metric.dense()),
            value((Double) metric.pruned()));
      }
    }
  }

  private void programs(ModelConfig written) {
    heading("Programs");
    row("program", "opens it", "how, or why not");
    row("---", "---", "---");
    ServedModel served = ServedModel.of(written);
    for (Engine engine : Engine.ALL) {
      Engine.Fit fit = engine.of(served);
      row(
          engine.name(),
          switch (fit.verdict()) {
            case YES -> "yes";
            case CONVERTED -> "once converted";
            case NO -> "no";
          },
          words(fit.how()));
    }
  }

  private static String words(UserText text) {
    return OptionNames.in(text);
  }

  private void heading(String text) {
    line("");
    line("## " + text);
    line("");
  }

  private void row(String... cells) {
    StringBuilder row = new StringBuilder("|");
    for (String cell : cells) {
      row.append(' ').append(plain(cell)).append(" |");
    }
    line(row.toString());
  }

  private void line(String text) {
    lines.add(text);
  }

  /** One line, and no bar that would begin another cell. */
  private static String plain(String text) {
    return text.replaceAll("\\s+", " ").replace("|", "\\|").replace("<", "&lt;");
  }

  private static String count(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  private static String value(@Nullable Double number) {
    return number == null ? "–" : String.format(Locale.ROOT, "%.4f", number);
  }
}

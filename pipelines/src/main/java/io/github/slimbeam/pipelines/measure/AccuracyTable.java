package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.schemas.TaskScore;
import io.github.slimbeam.transforms.evaluation.Accuracy;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;

/** Right answers in per cent with their standard errors, for reading. */
final class AccuracyTable {
  private AccuracyTable() {}

  static void print(PrintStream out, String model, List<TaskScore> scores) {
    out.println(model);
    out.printf(Locale.ROOT, "%-20s %9s   %-14s   %-14s%n", "task", "questions", "acc", "acc_norm");
    for (TaskScore score : scores) {
      out.printf(
          Locale.ROOT,
          "%-20s %9d   %-14s   %-14s%s%n",
          score.getTask(),
          score.getQuestions(),
          cell(Accuracy.plain(score)),
          Accuracy.normalised(score).map(AccuracyTable::cell).orElse("-"),
          score.getCut() == 0 ? "" : "   " + score.getCut() + " contexts cut to the model's");
    }
    out.printf(
        Locale.ROOT,
        "%-20s %9s   %-14s   %-14s (acc where a task has no acc_norm)%n",
        "mean of " + scores.size(),
        "",
        cell(Accuracy.meanPlain(scores)),
        cell(Accuracy.meanNormalised(scores)));
  }

  private static String cell(Accuracy accuracy) {
    return Double.isNaN(accuracy.standardError())
        ? String.format(Locale.ROOT, "%6.2f", 100 * accuracy.value())
        : String.format(
            Locale.ROOT, "%6.2f ± %.2f", 100 * accuracy.value(), 100 * accuracy.standardError());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.pipelines.report.Table;
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
    Table table =
        new Table().words("task").numbers("questions").words("acc").words("acc_norm").words("");
    for (TaskScore score : scores) {
      table.row(
          score.getTask(),
          Long.toString(score.getQuestions()),
          cell(Accuracy.plain(score)),
          Accuracy.normalised(score).map(AccuracyTable::cell).orElse("-"),
          score.getCut() == 0 ? "" : score.getCut() + " contexts cut to the model's");
    }
    table.row(
        "mean of " + scores.size(),
        "",
        cell(Accuracy.meanPlain(scores)),
        cell(Accuracy.meanNormalised(scores)),
        "(acc where a task has no acc_norm)");
    table.text(0).forEach(out::println);
  }

  private static String cell(Accuracy accuracy) {
    return Double.isNaN(accuracy.standardError())
        ? String.format(Locale.ROOT, "%6.2f", 100 * accuracy.value())
        : String.format(
            Locale.ROOT, "%6.2f ± %.2f", 100 * accuracy.value(), 100 * accuracy.standardError());
  }
}

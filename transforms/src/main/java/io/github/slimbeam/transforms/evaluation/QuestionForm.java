// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One form in which a task's lines are published.
 *
 * @param context one for all choices, or one for each
 * @param choices the continuations; a single one where each choice has its own context
 * @param gold the right answer's label; true and false stand for 1 and 0 where these are the
 *     labels; null if there is a goldFile
 * @param labels of the choices, in their order; null for 0, 1, …
 * @param goldFile instead of gold, and else null: a file beside the set's with a label in each
 *     line; {@code {file}} is the path of the set's, without its ending
 */
record QuestionForm(
    List<Template> context,
    List<Template> choices,
    @Nullable Template gold,
    @Nullable List<Template> labels,
    @Nullable String goldFile) {

  /** A line of the file of labels that belongs to the line at hand. */
  @FunctionalInterface
  interface GoldLine {
    String label(String goldFile) throws IOException;
  }

  QuestionForm {
    check(context != null && !context.isEmpty(), "context is missing");
    check(choices != null && !choices.isEmpty(), "choices is missing");
    check(
        (gold == null) != (goldFile == null),
        "expected one of gold, the right answer's label, and goldFile, a file of them");
  }

  /** The right choice of a line, from 0. */
  int gold(JsonNode line, int count, GoldLine goldLine) throws IOException {
    List<String> names =
        labels == null
            ? IntStream.range(0, count).mapToObj(Integer::toString).toList()
            : Template.expand(labels, line);
    if (names.size() != count) {
      throw new WrongFieldException(
          String.format(Locale.ROOT, "%d choices with %d labels %s", count, names.size(), names));
    }
    String label =
        gold == null
            ? goldLine.label(requireNonNull(goldFile, "what there is instead of gold"))
            : String.join(" ", gold.expand(line));
    int index = names.indexOf(PythonText.strip(label));
    if (index < 0 && (label.equals("true") || label.equals("false"))) {
      index = names.indexOf(label.equals("true") ? "1" : "0");
    }
    if (index < 0) {
      throw new WrongFieldException(
          String.format(
              Locale.ROOT,
              "the right answer is \"%s\", expected one of the labels %s",
              label,
              names));
    }
    return index;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.calibration.JsonLine;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/**
 * A field of a line by its path, {@code question.stem}, with what is done to its value. Through an
 * array a path leads to a value of each element: {@code question.choices.text}.
 *
 * @param path names from the outside in, with dots between them
 * @param filters applied to each value in this order
 */
record FieldReference(String path, List<UnaryOperator<String>> filters) {

  /** Parses what stands between braces: {@code path|filter|filter:argument}. */
  static FieldReference of(String text) {
    String[] words = text.split("\\|");
    List<UnaryOperator<String>> filters = new ArrayList<>();
    for (int i = 1; i < words.length; i++) {
      filters.add(filter(words[i], words[0]));
    }
    return new FieldReference(words[0], List.copyOf(filters));
  }

  /**
   * The values in a line.
   *
   * @throws WrongFieldException if there are none, or something else than text, numbers and truths
   */
  List<String> values(JsonNode line) {
    List<JsonNode> nodes = List.of(line);
    for (String name : path.split("\\.")) {
      List<JsonNode> next = new ArrayList<>();
      for (JsonNode node : nodes) {
        JsonNode field = node.path(name);
        if (field.isMissingNode() || field.isNull()) {
          throw new WrongFieldException("field " + path + " is missing");
        }
        if (field.isArray()) {
          field.forEach(next::add);
        } else {
          next.add(field);
        }
      }
      nodes = next;
    }
    return nodes.stream().map(this::value).toList();
  }

  private String value(JsonNode node) {
    if (!node.isValueNode() || node.isNull()) {
      throw new WrongFieldException(
          "field " + path + ": expected text or a number, found " + JsonLine.kind(node));
    }
    String value = node.asText();
    for (UnaryOperator<String> filter : filters) {
      value = filter.apply(value);
    }
    return value;
  }

  private static UnaryOperator<String> filter(String text, String path) {
    String[] words = text.split(":", 2);
    String argument = words.length == 2 ? words[1] : "";
    check(
        argument.isEmpty() != (words[0].equals("before") || words[0].equals("after")),
        "{%s|%s}: before and after need a text behind a colon, other filters take none",
        path,
        text);
    return switch (words[0]) {
      case "strip" -> PythonText::strip;
      case "capitalize" -> PythonText::capitalize;
      case "before" -> value -> value.substring(0, position(value, argument, path));
      case "after" -> value -> value.substring(position(value, argument, path) + argument.length());
      default ->
          throw new BadInputException(
              String.format(
                  Locale.ROOT,
                  "{%s|%s}: unknown filter; there are strip, capitalize, before:TEXT, after:TEXT",
                  path,
                  text));
    };
  }

  private static int position(String value, String mark, String path) {
    int position = value.indexOf(mark);
    if (position < 0) {
      throw new WrongFieldException(
          "field " + path + ": expected a " + mark + " in it, found none");
    }
    return position;
  }
}

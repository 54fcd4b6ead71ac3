// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Text with fields of a line in braces: {@code "Question: {goal}\nAnswer:"}. */
final class Template {
  private static final Pattern FIELD = Pattern.compile("\\{([^{}]+)\\}");

  private final List<String> literals = new ArrayList<>();
  private final List<FieldReference> fields = new ArrayList<>();

  private Template(String text) {
    Matcher matcher = FIELD.matcher(text);
    int end = 0;
    while (matcher.find()) {
      literals.add(text.substring(end, matcher.start()));
      fields.add(FieldReference.of(matcher.group(1)));
      end = matcher.end();
    }
    literals.add(text.substring(end));
    check(
        literals.stream().noneMatch(literal -> literal.matches("(?s).*[{}].*")),
        "\"%s\": a brace without its other half: fields are written {name}",
        text);
  }

  @JsonCreator
  static Template of(String text) {
    return new Template(text);
  }

  /** The texts that some templates make of a line, one after the other. */
  static List<String> expand(List<Template> templates, JsonNode line) {
    return templates.stream().flatMap(template -> template.expand(line).stream()).toList();
  }

  /** One text, or as many as the field has values if the template is nothing but a field. */
  List<String> expand(JsonNode line) {
    if (fields.size() == 1 && literals.stream().allMatch(String::isEmpty)) {
      return fields.get(0).values(line);
    }
    StringBuilder text = new StringBuilder(literals.get(0));
    for (int i = 0; i < fields.size(); i++) {
      List<String> values = fields.get(i).values(line);
      if (values.size() != 1) {
        throw new WrongFieldException(
            String.format(
                Locale.ROOT,
                "field %s: expected one text, found %d",
                fields.get(i).path(),
                values.size()));
      }
      text.append(values.get(0)).append(literals.get(i + 1));
    }
    return List.of(text.toString());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * One line of a JSON lines file. Calibration's is an object with a string {@code text} (or in
 * another field that is named), or an array of token ids {@code input_ids}; other fields are not
 * looked at.
 */
public final class JsonLine {
  private JsonLine() {}

  /**
   * Parses the line.
   *
   * @param source file and line, for the result and for errors
   * @param field the one that holds text
   * @throws BadInputException naming file and line
   */
  static CalibrationText parse(String line, String source, String field) {
    JsonNode root = object(line, source);
    JsonNode text = root.path(field);
    JsonNode ids = root.path("input_ids");
    boolean hasText = !text.isMissingNode() && !text.isNull();
    boolean hasIds = !ids.isMissingNode() && !ids.isNull();
    check(
        hasText || hasIds,
        "%s: expected a field %s (a string) or input_ids (an array of token ids), found %s%s",
        source,
        field,
        fields(root),
        root.has("messages") || root.has("conversations")
            ? ": write each conversation as one text, as the model's chat template has it"
            : ": name the one that has the text by textField, or write them into one");
    check(!hasText || !hasIds, "%s: both %s and input_ids: keep the one to be used", source, field);
    if (hasIds) {
      return new CalibrationText(source, null, ids(ids, source));
    }
    check(text.isTextual(), "%s: %s must be a string, found %s", source, field, kind(text));
    StrictUtf8.encode(text.textValue(), source);
    return new CalibrationText(source, text.textValue(), null);
  }

  /**
   * The line's object, whatever its fields.
   *
   * @throws BadInputException naming the source, if the line is anything else
   */
  public static JsonNode object(String line, String source) {
    JsonNode root;
    try {
      root = Json.STRICT.readTree(line);
    } catch (JsonProcessingException e) {
      throw new BadInputException(source + ": " + BrokenJson.describe(line, e), e);
    }
    check(!root.isArray(), "%s: %s", source, BrokenJson.ARRAY);
    check(root.isObject(), "%s: expected one JSON object per line, found %s", source, kind(root));
    return root;
  }

  /** The names of an object's fields, for messages. */
  public static String fields(JsonNode object) {
    List<String> names = new ArrayList<>();
    object
        .properties()
        .forEach(field -> names.add(field.getKey() + (field.getValue().isNull() ? " (null)" : "")));
    return names.isEmpty() ? "no field at all" : "only " + String.join(", ", names);
  }

  private static List<Integer> ids(JsonNode array, String source) {
    check(
        array.isArray(),
        "%s: input_ids must be an array of integers, found %s",
        source,
        kind(array));
    check(!array.isEmpty(), "%s: input_ids is empty: remove the line", source);
    List<Integer> ids = new ArrayList<>(array.size());
    for (JsonNode id : array) {
      check(
          id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0,
          "%s: input_ids must hold integers from 0 on, found %s",
          source,
          id);
      ids.add(id.intValue());
    }
    return ids;
  }

  /** What a value is, in words. */
  public static String kind(JsonNode node) {
    return switch (node.getNodeType()) {
      case ARRAY -> "an array";
      case OBJECT -> "an object";
      case STRING -> "a string";
      case NUMBER -> "the number " + node;
      default -> node.toString();
    };
  }
}

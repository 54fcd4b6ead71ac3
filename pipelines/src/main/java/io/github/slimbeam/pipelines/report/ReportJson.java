// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * JSON of reports, strictly: a field that is missing, null or of another type is said by its path.
 * Fields that are not known are left alone, so that files of later versions can be read.
 */
final class ReportJson {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.FAIL, Nulls.FAIL))
          .build();

  private static final int SHOWN = 40;

  private ReportJson() {}

  /** Any JSON; {@code where} is the file, for messages. */
  static JsonNode tree(byte[] bytes, String where) throws IOException {
    try {
      JsonNode tree = MAPPER.readTree(bytes);
      BadInputException.check(
          tree.isObject(), "%s: expected a JSON object, found %s", where, shown(tree));
      return tree;
    } catch (JsonProcessingException e) {
      throw new BadInputException(
          where
              + ": not JSON, from line "
              + (e.getLocation() == null ? 1 : e.getLocation().getLineNr())
              + " on: "
              + e.getOriginalMessage(),
          e);
    }
  }

  /** JSON as a value of a type. */
  static <T> T value(JsonNode json, Class<T> type, String where) {
    try {
      return MAPPER.treeToValue(json, type);
    } catch (JsonMappingException e) {
      JsonNode found = json;
      StringBuilder path = new StringBuilder();
      for (JsonMappingException.Reference step : e.getPath()) {
        boolean inList = step.getFieldName() == null;
        found = inList ? found.path(step.getIndex()) : found.path(step.getFieldName());
        path.append(inList ? "[" + step.getIndex() + "]" : "." + step.getFieldName());
      }
      String field = path.isEmpty() ? "" : path.substring(path.charAt(0) == '.' ? 1 : 0) + ": ";
      throw new BadInputException(
          where
              + ": "
              + field
              + (found.isMissingNode() || found.isNull()
                  ? "missing"
                  : "expected " + expected(e) + ", found " + shown(found)),
          e);
    } catch (JsonProcessingException e) {
      throw new BadInputException(where + ": " + e.getOriginalMessage(), e);
    }
  }

  /** A value as indented JSON. */
  static String pretty(Object value) throws IOException {
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value) + "\n";
  }

  /** A value as JSON that cannot end the script element it stands in. */
  static String inScript(Object value) throws IOException {
    return MAPPER
        .writeValueAsString(value)
        .replace("<", "\\u003c")
        .replace(">", "\\u003e")
        .replace("&", "\\u0026")
        .replace("\u2028", "\\u2028")
        .replace("\u2029", "\\u2029");
  }

  private static String expected(JsonMappingException e) {
    Class<?> type = e instanceof MismatchedInputException m ? m.getTargetType() : null;
    if (type == null) {
      return "something else (" + e.getOriginalMessage().lines().findFirst().orElse("") + ")";
    }
    if (type == double.class || type == Double.class) {
      return "a number";
    }
    if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
      return "a whole number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type == String.class) {
      return "a text";
    }
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants())
          .map(Object::toString)
          .collect(Collectors.joining(" or "));
    }
    return Collection.class.isAssignableFrom(type) ? "a list" : "an object";
  }

  private static String shown(JsonNode node) {
    String text = node.isMissingNode() ? "nothing" : node.toString();
    return text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text;
  }
}

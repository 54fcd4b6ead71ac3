// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import io.github.slimbeam.transforms.storage.Json;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What people have in the place of a line of JSON, in words. */
final class BrokenJson {
  /** Also the beginning of one that is written over several lines. */
  static final String ARRAY =
      "a JSON array, expected JSON lines, one object a line: convert it (jq -c '.[]' FILE)";

  /** Takes what Python writes although JSON has no such thing, and fields that stand twice. */
  private static final ObjectReader LENIENT =
      Json.STRICT
          .reader()
          .with(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .without(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  private static final Pattern TWICE = Pattern.compile("Duplicate field '([^']*)'");

  private BrokenJson() {}

  /** What is wrong with a line, and what to do. */
  static String describe(String line, JsonProcessingException e) {
    String text = line.strip();
    Optional<JsonNode> lenient = lenient(line);
    if (lenient.isPresent()) {
      Matcher twice = TWICE.matcher(e.getOriginalMessage());
      return twice.find()
          ? "the field " + twice.group(1) + " stands twice in it: keep the one that is meant"
          : notANumber(lenient.get(), "")
                  .map(
                      field ->
                          "the field " + field + " is NaN or infinite, which JSON does not have")
                  .orElse("it has NaN or Infinity, which JSON does not have")
              + ": write null, or leave the field out";
    }
    if (text.startsWith("[")) {
      return ARRAY;
    }
    if (e instanceof JsonEOFException) {
      return "the JSON object does not end on this line: each line must be one whole object"
          + " (jq -c . FILE), or the file is cut off";
    }
    if (text.startsWith("{'")) {
      return "names in single quotes, as Python prints a dict: write it by json.dumps";
    }
    return "not valid JSON from column "
        + e.getLocation().getColumnNr()
        + " on: each line must be one JSON object and nothing else";
  }

  private static Optional<JsonNode> lenient(String line) {
    try {
      return Optional.of(LENIENT.readTree(line));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> notANumber(JsonNode node, String name) {
    if (node.isDouble() && !Double.isFinite(node.doubleValue())) {
      return Optional.of(name);
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      Optional<String> found = notANumber(field.getValue(), field.getKey());
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * How something of a model follows from its {@code config.json}. In a family's file it is either a
 * constant, or an object that names a field (or a list of them, of which the first that is there
 * counts), what holds where none is, and the form in which the number is meant. A field that is
 * there and null means that the model has no such thing.
 *
 * @param fields of {@code config.json}
 * @param otherwise what holds where there is none of them; missing if one is required
 * @param form what is made of a number
 */
public record Setting(List<String> fields, JsonNode otherwise, Form form) {

  /** What is made of a number x. */
  public enum Form {
    /** x. */
    plain,
    /** √x. */
    sqrt,
    /** 1 / √x. */
    inverseSqrt
  }

  /** Reads it from a family's file. */
  @JsonCreator
  static Setting of(JsonNode json) {
    if (!json.isObject()) {
      return new Setting(List.of(), json, Form.plain);
    }
    List<String> fields = new ArrayList<>();
    JsonNode field = json.get("field");
    if (field.isTextual()) {
      fields.add(field.asText());
    } else {
      field.forEach(name -> fields.add(name.asText()));
    }
    return new Setting(
        List.copyOf(fields), json.path("default"), Form.valueOf(json.path("form").asText("plain")));
  }

  /** What the configuration has; a missing node where it has nothing and there is no default. */
  JsonNode in(JsonNode config) {
    for (String field : fields) {
      if (config.has(field)) {
        return config.get(field);
      }
    }
    return otherwise;
  }

  /** A number, or nothing where there is none; {@code where} is the configuration's path. */
  OptionalDouble number(JsonNode config, String where) {
    JsonNode value = in(config);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalDouble.empty();
    }
    check(
        value.isNumber() && Double.isFinite(value.asDouble()) && value.asDouble() >= 0,
        "%s: expected a number of at least 0 for %s, found %s",
        where,
        named(config),
        value);
    return OptionalDouble.of(
        switch (form) {
          case plain -> value.asDouble();
          case sqrt -> Math.sqrt(value.asDouble());
          case inverseSqrt -> 1 / Math.sqrt(value.asDouble());
        });
  }

  /** A number that the model must have. */
  double required(JsonNode config, String where) {
    OptionalDouble number = number(config, where);
    check(
        number.isPresent(),
        "%s: expected a number for %s, found %s",
        where,
        named(config),
        in(config).isNull() ? "null" : "nothing");
    return number.getAsDouble();
  }

  /** A positive whole number that the model must have. */
  int size(JsonNode config, String where) {
    JsonNode value = in(config);
    check(
        value.isIntegralNumber() && value.canConvertToInt() && value.asInt() > 0,
        "%s: expected a positive whole number for %s, found %s",
        where,
        named(config),
        value.isMissingNode() ? "nothing" : value);
    return value.asInt();
  }

  /** Whether the model has a size of its own for this. */
  boolean isGiven(JsonNode config) {
    return !in(config).isNull() && !in(config).isMissingNode();
  }

  /** A switch; off where there is none. */
  boolean isOn(JsonNode config, String where) {
    JsonNode value = in(config);
    check(
        value.isBoolean() || value.isNull() || value.isMissingNode(),
        "%s: expected true or false for %s, found %s",
        where,
        named(config),
        value);
    return value.asBoolean(false);
  }

  /** Its name in messages: the field that is there, or else the first. */
  String named(JsonNode config) {
    return fields.stream()
        .filter(config::has)
        .findFirst()
        .orElseGet(() -> fields.isEmpty() ? otherwise.toString() : fields.get(0));
  }
}

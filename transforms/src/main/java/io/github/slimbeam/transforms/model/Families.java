// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The families there are: a file of {@code families/} each. {@code refused.json} says of other
 * models why they are not computed.
 */
public final class Families {
  /** What the architectures of pruned models with widths of their own begin with. */
  public static final String OWN_CLASS = "Slim";

  /** What their model types begin with. */
  public static final String OWN_TYPE = "slim_";

  private static final String FOLDER = "families/";
  private static final List<Family> ALL = read();

  /** Models that are not computed, by {@code model_type}, and why. */
  private record Refused(List<String> modelTypes, String reason) {}

  private Families() {}

  /** All, by the names of their files. */
  public static List<Family> all() {
    return ALL;
  }

  /**
   * The family that serves a configuration: by its architecture, or where it names none by its
   * model type.
   *
   * @param where its path, for messages
   */
  static Family of(JsonNode config, String where) {
    List<String> architectures = new ArrayList<>();
    config.path("architectures").forEach(a -> architectures.add(a.asText()));
    String type = config.path("model_type").asText();
    Optional<Family> found =
        architectures.isEmpty() ? ofType(type) : ofArchitectures(architectures);
    if (found.isPresent()) {
      return found.get();
    }
    for (Refused refused : Json.PLAIN.convertValue(json("refused.json"), Refused[].class)) {
      check(
          !refused.modelTypes().contains(type),
          "%s: model_type %s %s: it is not pruned here",
          where,
          type,
          refused.reason());
    }
    List<String> served = all().stream().flatMap(f -> f.architectures().stream()).toList();
    check(
        !architectures.isEmpty(),
        "%s: no architectures there%s: add one of those we have, %s",
        where,
        type.isEmpty() ? "" : ", and model_type " + type + " is of no family we have",
        served);
    throw new BadInputException(
        where + ": architecture " + architectures + " is of no family we have; we have " + served);
  }

  /** The family that serves one of these architectures. */
  public static Optional<Family> ofArchitectures(List<String> architectures) {
    return all().stream()
        .filter(
            family ->
                architectures.stream()
                    .map(a -> a.startsWith(OWN_CLASS) ? a.substring(OWN_CLASS.length()) : a)
                    .anyMatch(family.architectures()::contains))
        .findFirst();
  }

  private static Optional<Family> ofType(String type) {
    String stock = type.startsWith(OWN_TYPE) ? type.substring(OWN_TYPE.length()) : type;
    return all().stream().filter(family -> family.modelTypes().contains(stock)).findFirst();
  }

  private static List<Family> read() {
    try {
      List<Family> families = new ArrayList<>();
      for (JsonNode description : Descriptions.below(Families.class, FOLDER).values()) {
        families.add(Json.PLAIN.treeToValue(description, Family.class));
      }
      return List.copyOf(families);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The text of the modelling file, for all families, with names to be put in. */
  public static String code() {
    return new String(
        Descriptions.bytes(Families.class, "modeling_slim.py"), StandardCharsets.UTF_8);
  }

  static JsonNode json(String name) {
    return Descriptions.json(Families.class, name);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An architecture around a language model, read from {@code families/wrappers.json}: the language
 * model is described by {@code text_config}, and all tensors that are not its own are carried over
 * as they are.
 *
 * @param architecture its name
 * @param config class of its configuration in transformers
 * @param modelType its {@code model_type}
 * @param tokenizer as {@link Family.Stock} has it
 * @param tied whether the embedding is the head; the language model's own field does not count
 * @param names the ways in which its files call the language model's tensors: what names begin with
 *     there, by what they begin with in the family's file
 */
public record Wrapper(
    String architecture,
    String config,
    String modelType,
    @Nullable String tokenizer,
    Setting tied,
    List<Map<String, String>> names) {
  /** The field that describes the language model. */
  static final String TEXT = "text_config";

  /** The wrapper that a configuration names, if it is one's. */
  static Optional<Wrapper> of(JsonNode json, String where) {
    if (!json.path(TEXT).isObject() || json.has("hidden_size")) {
      return Optional.empty();
    }
    List<String> architectures = new ArrayList<>();
    json.path("architectures").forEach(a -> architectures.add(plain(a.asText())));
    List<Wrapper> all =
        List.of(Json.PLAIN.convertValue(Families.json("wrappers.json"), Wrapper[].class));
    Optional<Wrapper> found =
        all.stream()
            .filter(
                w ->
                    architectures.isEmpty()
                        ? w.modelType().equals(json.path("model_type").asText())
                        : architectures.contains(w.architecture()))
            .findFirst();
    check(
        found.isPresent(),
        "%s: %s is a model around a language model, which %s describes, and not one of those we have, %s: save the"
            + " language model by itself and give that",
        where,
        architectures.isEmpty() ? "this" : architectures,
        TEXT,
        all.stream().map(Wrapper::architecture).toList());
    return found;
  }

  private static String plain(String architecture) {
    return architecture.startsWith(Families.OWN_CLASS)
        ? architecture.substring(Families.OWN_CLASS.length())
        : architecture;
  }
}

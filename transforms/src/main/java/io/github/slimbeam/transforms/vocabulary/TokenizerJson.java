// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.checkpoint.JsonFile;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * A {@code tokenizer.json} of a BPE tokenizer: every id below the embedding's rows, one text an id
 * and one id a text, merges of tokens into tokens.
 *
 * @param path for messages
 * @param json all of it
 * @param ids of all tokens, by their text
 * @param added tokens that are found in a text before all others, by their id
 * @param merges in their order
 */
record TokenizerJson(
    String path,
    JsonNode json,
    Map<String, Integer> ids,
    Map<Integer, AddedToken> added,
    List<Merge> merges) {
  static final String NAME = "tokenizer.json";

  /** The longest that we know have 128 characters. */
  private static final int MAX_LENGTH = 1 << 10;

  /** A token that stands in a text as it is. */
  record AddedToken(String text, boolean special) {}

  /** Two tokens that become one. */
  record Merge(String left, String right) {
    String result() {
      return left + right;
    }
  }

  /**
   * Reads and checks it. Added tokens with ids at or beyond {@code rows} are left out: the model
   * has no embedding for them (a Gemma of text alone has the token of images that way).
   *
   * @param rows of the model's embedding
   */
  static TokenizerJson read(Storage storage, String directory, int rows) throws IOException {
    String path = storage.resolve(directory, NAME);
    check(
        storage.exists(path),
        "%s: no such file: a GGUF file carries its tokenizer; AutoTokenizer.from_pretrained(MODEL)"
            + ".save_pretrained(MODEL) writes it for a model without one",
        path);
    JsonNode json = JsonFile.read(storage, path);
    String type = json.path("model").path("type").asText();
    check(
        type.equals("BPE"),
        "%s: a tokenizer of type %s, expected BPE: no other is written as GGUF",
        path,
        type.isEmpty() ? "(none)" : type);
    for (String field : List.of("dropout", "continuing_subword_prefix", "end_of_word_suffix")) {
      JsonNode value = json.path("model").path(field);
      check(
          value.isMissingNode() || value.isNull() || value.asText().isEmpty(),
          "%s: model.%s is %s, expected none: GGUF has no field for it",
          path,
          field,
          value);
    }
    Map<String, Integer> ids = vocabulary(path, json.path("model").path("vocab"), rows);
    Map<Integer, AddedToken> added = added(path, json.path("added_tokens"), rows, ids);
    return new TokenizerJson(
        path, json, ids, added, merges(path, json.path("model").path("merges"), ids));
  }

  /** The id of a token, if there is one. */
  OptionalInt id(String text) {
    Integer id = ids.get(text);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  boolean flag(String name) {
    return json.path("model").path(name).asBoolean(false);
  }

  /** The parts of a stage in their order: those of a {@code Sequence}, or the one, or none. */
  static List<JsonNode> parts(JsonNode stage, String listName) {
    if (stage.isMissingNode() || stage.isNull()) {
      return List.of();
    }
    if (!stage.path("type").asText().equals("Sequence")) {
      return List.of(stage);
    }
    List<JsonNode> parts = new ArrayList<>();
    stage.path(listName).forEach(part -> parts.addAll(parts(part, listName)));
    return parts;
  }

  private static Map<String, Integer> vocabulary(String path, JsonNode vocabulary, int rows) {
    check(
        vocabulary.isObject() && !vocabulary.isEmpty(),
        "%s: no model.vocab there: is the file whole?",
        path);
    Map<String, Integer> ids = new HashMap<>();
    Map<Integer, String> texts = new HashMap<>();
    vocabulary
        .properties()
        .forEach(
            entry -> {
              int id = id(path, entry.getKey(), entry.getValue());
              check(
                  id < rows,
                  "%s: token %s has id %d, but the model's embedding has %d rows: the tokenizer is"
                      + " another model's",
                  path,
                  quoted(entry.getKey()),
                  id,
                  rows);
              take(path, entry.getKey(), id, ids, texts);
            });
    return ids;
  }

  private static Map<Integer, AddedToken> added(
      String path, JsonNode list, int rows, Map<String, Integer> ids) {
    Map<Integer, String> texts = new HashMap<>();
    ids.forEach((text, id) -> texts.put(id, text));
    Map<Integer, AddedToken> added = new HashMap<>();
    for (JsonNode token : list) {
      String text = token.path("content").asText();
      int id = id(path, text, token.path("id"));
      if (id < rows) {
        if (!text.equals(texts.get(id))) {
          take(path, text, id, ids, texts);
        }
        added.put(id, new AddedToken(text, token.path("special").asBoolean(false)));
      }
    }
    return added;
  }

  private static void take(
      String path, String text, int id, Map<String, Integer> ids, Map<Integer, String> texts) {
    check(
        !text.isEmpty() && text.length() <= MAX_LENGTH && text.indexOf(0) < 0,
        "%s: the token of id %d has %d characters, expected 1 to %d and no NUL among them",
        path,
        id,
        text.length(),
        MAX_LENGTH);
    check(isUnicode(text), "%s: the token of id %d is not valid Unicode", path, id);
    String other = texts.put(id, text);
    check(
        other == null,
        "%s: tokens %s and %s have the same id, %d",
        path,
        quoted(String.valueOf(other)),
        quoted(text),
        id);
    Integer before = ids.put(text, id);
    check(before == null, "%s: token %s has ids %d and %d", path, quoted(text), before, id);
  }

  private static int id(String path, String text, JsonNode id) {
    check(
        id.isInt() && id.asInt() >= 0,
        "%s: the id of token %s is %s, expected a number from 0",
        path,
        quoted(text),
        id);
    return id.asInt();
  }

  private static List<Merge> merges(String path, JsonNode list, Map<String, Integer> ids) {
    check(list.isArray(), "%s: no model.merges there: is the file whole?", path);
    List<Merge> merges = new ArrayList<>(list.size());
    for (JsonNode entry : list) {
      Merge merge = merge(path, entry);
      for (String token : List.of(merge.left(), merge.right(), merge.result())) {
        check(
            ids.containsKey(token),
            "%s: merge %d is %s, but %s is no token",
            path,
            merges.size(),
            entry,
            quoted(token));
      }
      merges.add(merge);
    }
    return merges;
  }

  /** Two texts, or as older files have it one with a space between them. */
  private static Merge merge(String path, JsonNode entry) {
    if (entry.isArray() && entry.size() == 2) {
      return new Merge(entry.get(0).asText(), entry.get(1).asText());
    }
    int space = entry.asText().indexOf(' ');
    if (!entry.isTextual() || space < 1 || space != entry.asText().lastIndexOf(' ')) {
      throw new BadInputException(
          path + ": a merge is " + entry + ", expected two tokens with a space between them");
    }
    return new Merge(entry.asText().substring(0, space), entry.asText().substring(space + 1));
  }

  /** Whether no half of a surrogate pair stands alone. */
  static boolean isUnicode(String text) {
    return StandardCharsets.UTF_8.newEncoder().canEncode(text);
  }

  /** A token as messages show it. */
  static String quoted(String text) {
    return "«" + (text.length() > 60 ? text.substring(0, 60) + "…" : text) + "»";
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The keys of the tokens that begin, end, pad and stand for the unknown, and of whether the first
 * two are put around a text.
 *
 * <p>A token's id is that of its text in {@code tokenizer_config.json} or {@code
 * special_tokens_map.json}; where neither has one, the id in {@code generation_config.json} or
 * {@code config.json}. Of the tokens that end a text according to the latter files, up to two
 * beside that one are named as ends of a turn and of a message: llama.cpp stops at each of the
 * three.
 */
record SpecialTokenKeys(TokenizerJson tokenizer, SmallFiles files) {
  private static final String BEGIN = "bos";
  private static final String END = "eos";

  /** What {@code tokenizer.json} puts around a text. */
  private record Around(List<Integer> before, List<Integer> after) {}

  Map<String, GgufValue> keys() {
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    Around around = around();
    OptionalInt begin = id(BEGIN);
    if (begin.isEmpty() && around.before().size() == 1) {
      begin = OptionalInt.of(around.before().get(0));
    }
    OptionalInt end = id(END);
    check(
        end.isPresent(),
        "%s: no token that ends a text: llama.cpp would take one of its own; say eos_token in"
            + " tokenizer_config.json",
        tokenizer.path());
    put(keys, BEGIN, begin);
    put(keys, END, end);
    put(keys, "unknown", id("unk"));
    put(keys, "padding", id("pad"));
    Set<Integer> others = new LinkedHashSet<>(ids(END));
    others.remove(end.getAsInt());
    List<Integer> more = new ArrayList<>(others);
    put(keys, "eot", more.isEmpty() ? OptionalInt.empty() : OptionalInt.of(more.get(0)));
    put(keys, "eom", more.size() < 2 ? OptionalInt.empty() : OptionalInt.of(more.get(1)));
    putAdded(keys, BEGIN, begin, around.before());
    putAdded(keys, END, end, around.after());
    return keys;
  }

  private static void put(Map<String, GgufValue> keys, String name, OptionalInt id) {
    if (id.isPresent()) {
      keys.put("tokenizer.ggml." + name + "_token_id", new GgufValue.U32(id.getAsInt()));
    }
  }

  private void putAdded(
      Map<String, GgufValue> keys, String name, OptionalInt id, List<Integer> found) {
    check(
        found.isEmpty() || (found.size() == 1 && found.get(0).equals(id.orElse(-1))),
        "%s: the post-processor puts tokens %s around a text, expected %s_token alone%s: GGUF has"
            + " no field for others",
        tokenizer.path(),
        found,
        name,
        id.isPresent() ? " (" + id.getAsInt() + ")" : "");
    JsonNode said = files.tokenizerConfig().path("add_" + name + "_token");
    boolean adds = said.isBoolean() ? said.asBoolean() : !found.isEmpty();
    check(
        !adds || id.isPresent(),
        "%s: add_%s_token is true, but there is no %s_token",
        files.directory(),
        name,
        name);
    keys.put("tokenizer.ggml.add_" + name + "_token", new GgufValue.Bool(adds));
  }

  private OptionalInt id(String kind) {
    for (JsonNode file : List.of(files.tokenizerConfig(), files.specialTokensMap())) {
      JsonNode token = file.path(kind + "_token");
      JsonNode text = token.isObject() ? token.path("content") : token;
      if (text.isTextual()) {
        OptionalInt id = tokenizer.id(text.asText());
        check(
            id.isPresent(),
            "%s: %s_token is %s, which is no token of %s with a row in the model's embedding",
            files.directory(),
            kind,
            TokenizerJson.quoted(text.asText()),
            TokenizerJson.NAME);
        return id;
      }
    }
    return ids(kind).stream().mapToInt(Integer::intValue).findFirst();
  }

  /** Ids in the first file that has any. */
  private List<Integer> ids(String kind) {
    for (JsonNode file : files.modelConfigs()) {
      JsonNode value = file.path(kind + "_token_id");
      if (!value.isMissingNode() && !value.isNull()) {
        List<Integer> ids = new ArrayList<>();
        for (JsonNode id : value.isArray() ? value : List.of(value)) {
          check(
              id.isInt() && tokenizer.ids().containsValue(id.asInt()),
              "%s: %s_token_id is %s, which is no token of %s",
              files.directory(),
              kind,
              value,
              TokenizerJson.NAME);
          ids.add(id.asInt());
        }
        return ids;
      }
    }
    return List.of();
  }

  private Around around() {
    List<Integer> before = new ArrayList<>();
    List<Integer> after = new ArrayList<>();
    for (JsonNode step :
        TokenizerJson.parts(tokenizer.json().path("post_processor"), "processors")) {
      String type = step.path("type").asText();
      if (type.equals("TemplateProcessing")) {
        boolean behind = false;
        for (JsonNode piece : step.path("single")) {
          if (piece.has("Sequence")) {
            behind = true;
          } else {
            String name = piece.path("SpecialToken").path("id").asText();
            for (JsonNode id : step.path("special_tokens").path(name).path("ids")) {
              (behind ? after : before).add(id.asInt());
            }
          }
        }
      } else if (!type.equals("ByteLevel")) {
        throw new BadInputException(
            tokenizer.path()
                + ": post-processor "
                + step.path("type")
                + ": GGUF has no field for it");
      }
    }
    return new Around(before, after);
  }
}

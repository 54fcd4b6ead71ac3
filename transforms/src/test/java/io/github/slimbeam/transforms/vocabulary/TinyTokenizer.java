// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Small tokenizers that are trained on {@link #TEXT} without any regard for words: where words are
 * cut in another place, other merges happen.
 */
final class TinyTokenizer {
  /** What tokenizers do differently; in composed form. */
  static final String TEXT =
      """
      Once upon a time,  there   were 3 foxes & 1234567 hens; it cost 3.14159 or 1,000,000?
      \tI'm SURE they'll say it's FINE, DON'T you? We've seen 'em... don't 'RE 'T
      Café naïve résumé, Ångström, ÉCOLE, straße, Россия, κόσμος, 你好，世界！, 日本語のテキスト, 한국어.
      😀👍🏽🇺🇸 ❤️ camelCaseHTTPServer ABC123def_x /a/b//c\\n !!! --- (parens)\r\n\r\n\n   x = [1, 22, 333, 4444]
           def f(x):\n\n\n        return x ** 2  # end   \s
      """
          .repeat(2);

  private static final int MERGES = 400;
  private static final int SPECIAL = 3;

  private TinyTokenizer() {}

  /** A token that a text has for itself, and one that a chat has. */
  static final List<String> CONTROL = List.of("<unk>", "<s>", "</s>");

  /** Byte-level, with this pre-tokenizer; two tokens are no merge's. */
  static ObjectNode byteLevel(String preTokenizer, boolean ignoreMerges) throws IOException {
    List<String> symbols = new ArrayList<>();
    for (byte b : TEXT.getBytes(StandardCharsets.UTF_8)) {
      symbols.add(letter(b & 0xFF));
    }
    Set<String> tokens = new LinkedHashSet<>(CONTROL);
    for (int b = 0; b < 256; b++) {
      tokens.add(letter(b));
    }
    ArrayNode merges = Json.PLAIN.createArrayNode();
    for (String[] pair : train(symbols)) {
      if (tokens.add(pair[0] + pair[1])) {
        merges.addArray().add(pair[0]).add(pair[1]);
      }
    }
    tokens.addAll(List.of("Ġfoxes", "hens"));
    ObjectNode tokenizer = tokenizer(tokens, merges);
    tokenizer.set("pre_tokenizer", Json.PLAIN.readTree(preTokenizer));
    tokenizer.withObject("model").put("ignore_merges", ignoreMerges);
    return tokenizer;
  }

  /** As SentencePiece's, with a token for each byte. */
  static ObjectNode sentencePiece(String normalizer, String preTokenizer) throws IOException {
    List<String> symbols = new ArrayList<>();
    TEXT.replace(' ', '\u2581').codePoints().forEach(c -> symbols.add(Character.toString(c)));
    Set<String> tokens = new LinkedHashSet<>(CONTROL);
    for (int b = 0; b < 256; b++) {
      tokens.add(SentencePieceKeys.byteToken(b));
    }
    Set<String> letters = new LinkedHashSet<>(symbols);
    letters.removeIf(letter -> letter.codePointAt(0) > 0x3000);
    Set<String> made = new LinkedHashSet<>();
    for (String[] pair : train(symbols)) {
      if ((pair[0] + pair[1]).codePoints().allMatch(c -> letters.contains(Character.toString(c)))) {
        made.add(pair[0] + pair[1]);
      }
    }
    tokens.addAll(made);
    tokens.addAll(letters);
    ArrayNode merges = Json.PLAIN.createArrayNode();
    for (String token : made) {
      for (int cut = 1; cut < token.length(); cut++) {
        if (tokens.contains(token.substring(0, cut)) && tokens.contains(token.substring(cut))) {
          merges.addArray().add(token.substring(0, cut)).add(token.substring(cut));
        }
      }
    }
    ObjectNode tokenizer = tokenizer(tokens, merges);
    tokenizer.set("normalizer", Json.PLAIN.readTree(normalizer));
    tokenizer.set("pre_tokenizer", Json.PLAIN.readTree(preTokenizer));
    tokenizer
        .withObject("model")
        .put("byte_fallback", true)
        .put("fuse_unk", true)
        .put("unk_token", "<unk>");
    return tokenizer;
  }

  /** Adds a token that is found before all others; returns its id. */
  static int add(ObjectNode tokenizer, String text, boolean special) {
    int id = size(tokenizer);
    tokenizer
        .withArray("added_tokens")
        .addObject()
        .put("id", id)
        .put("content", text)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", special);
    return id;
  }

  /** Tokens that it has. */
  static int size(ObjectNode tokenizer) {
    return tokenizer.path("model").path("vocab").size()
        + tokenizer.path("added_tokens").size()
        - SPECIAL;
  }

  /** Writes it with what else a directory has of it. */
  static Path write(Path directory, JsonNode tokenizer) throws IOException {
    Files.createDirectories(directory);
    Json.PLAIN.writeValue(directory.resolve("tokenizer.json").toFile(), tokenizer);
    Files.writeString(
        directory.resolve("tokenizer_config.json"),
        "{\"bos_token\": \"<s>\", \"eos_token\": {\"content\": \"</s>\"}, \"unk_token\": \"<unk>\"}");
    return directory;
  }

  private static ObjectNode tokenizer(Set<String> tokens, ArrayNode merges) throws IOException {
    ObjectNode tokenizer = Json.PLAIN.createObjectNode().put("version", "1.0");
    tokenizer.putNull("normalizer");
    ObjectNode model = tokenizer.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab");
    tokens.forEach(token -> vocabulary.put(token, vocabulary.size()));
    model.set("merges", merges);
    for (String token : CONTROL) {
      add(tokenizer, token, true);
    }
    for (int id = 0; id < SPECIAL; id++) {
      ((ObjectNode) tokenizer.path("added_tokens").get(id)).put("id", id);
    }
    tokenizer.set(
        "post_processor",
        Json.PLAIN.readTree(
            """
            {"type": "TemplateProcessing",
             "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
             "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
             "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}}}
            """));
    return tokenizer;
  }

  /** Pairs of neighbours, each the most frequent once those before it are joined. */
  private static List<String[]> train(List<String> symbols) {
    List<String[]> merges = new ArrayList<>();
    List<String> text = symbols;
    while (merges.size() < MERGES) {
      Map<List<String>, Integer> counts = new LinkedHashMap<>();
      for (int i = 1; i < text.size(); i++) {
        counts.merge(List.of(text.get(i - 1), text.get(i)), 1, Integer::sum);
      }
      Map.Entry<List<String>, Integer> best =
          counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
      if (best.getValue() < 2 || best.getKey().get(0).length() > 8) {
        break;
      }
      String[] pair = best.getKey().toArray(String[]::new);
      merges.add(pair);
      text = joined(text, pair);
    }
    return merges;
  }

  private static List<String> joined(List<String> text, String[] pair) {
    List<String> joined = new ArrayList<>();
    for (int i = 0; i < text.size(); i++) {
      if (i + 1 < text.size() && text.get(i).equals(pair[0]) && text.get(i + 1).equals(pair[1])) {
        joined.add(pair[0] + pair[1]);
        i++;
      } else {
        joined.add(text.get(i));
      }
    }
    return joined;
  }

  /** The letter by which byte-level tokenizers write a byte. */
  private static String letter(int value) {
    Map<Integer, Integer> others = new TreeMap<>();
    for (int b = 0; b < 256; b++) {
      if (!((b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE)) {
        others.put(b, 256 + others.size());
      }
    }
    return Character.toString(others.getOrDefault(value, value));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.vocabulary.TokenizerJson.Merge;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The keys of a BPE as SentencePiece's: {@code llama}, with a score of each token.
 *
 * <p>Hugging Face's library joins the neighbours whose merge stands first in a list; llama.cpp
 * those that make the token of the highest score, from any two neighbours that are one when joined.
 * Both are the same if the list has every pair of tokens that make a token, and if the merges that
 * make one token stand together: the score is then minus the place of the first of them. Tokens
 * that are found in the text before all others need not be so.
 */
final class SentencePieceKeys {
  /** What stands for a space, U+2581. */
  static final String SPACE = "\u2581";

  /** Below that of every token that a merge makes. */
  private static final float LOWEST = -(1 << 24);

  private static final Predicate<String> BYTE =
      Pattern.compile("<0x[0-9A-F]{2}>").asMatchPredicate();

  private SentencePieceKeys() {}

  /** The keys beside the vocabulary. */
  static Map<String, GgufValue> of(TokenizerJson tokenizer, int rows) {
    for (int i = 0; i < 256; i++) {
      check(
          tokenizer.ids().containsKey(byteToken(i)),
          "%s: model.byte_fallback, but there is no token %s: expected one for each byte",
          tokenizer.path(),
          byteToken(i));
    }
    check(
        !tokenizer.flag("ignore_merges"),
        "%s: model.ignore_merges with model.byte_fallback: llama.cpp has no such tokenizer",
        tokenizer.path());
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put(TokenizerKinds.KEY, TokenizerKinds.sentencePieces());
    keys.put("tokenizer.ggml.pre", new GgufValue.Text("default"));
    keys.put("tokenizer.ggml.scores", GgufValue.floats(scores(tokenizer, rows)));
    keys.put("tokenizer.ggml.add_space_prefix", new GgufValue.Bool(addsSpace(tokenizer)));
    return keys;
  }

  /** The token of a byte. */
  static String byteToken(int value) {
    return String.format(Locale.ROOT, "<0x%02X>", value);
  }

  /** Whether a token is that of a byte. */
  static boolean isByte(String token) {
    return BYTE.test(token);
  }

  private static List<Float> scores(TokenizerJson tokenizer, int rows) {
    checkComplete(tokenizer);
    Map<String, Integer> places = new HashMap<>();
    String last = "";
    for (int place = 0; place < tokenizer.merges().size(); place++) {
      String result = tokenizer.merges().get(place).result();
      check(
          result.equals(last) || !places.containsKey(result) || isAdded(tokenizer, result),
          "%s: merges that make %s stand apart from each other, as merge %d: llama.cpp has one score"
              + " for a token, so its token ids would be others",
          tokenizer.path(),
          TokenizerJson.quoted(result),
          place);
      places.putIfAbsent(result, place);
      last = result;
    }
    List<Float> scores = new ArrayList<>(Collections.nCopies(rows, LOWEST));
    tokenizer
        .ids()
        .forEach(
            (text, id) -> {
              Integer place = places.get(text);
              // a single character is where merging begins: its score is never asked for
              scores.set(id, place == null ? 0f : -(float) place);
            });
    return scores;
  }

  private static void checkComplete(TokenizerJson tokenizer) {
    Set<Merge> merges = new HashSet<>(tokenizer.merges());
    for (String token : tokenizer.ids().keySet()) {
      if (isAdded(tokenizer, token) || isByte(token)) {
        continue;
      }
      for (int cut = 1; cut < token.length(); cut++) {
        Merge merge = new Merge(token.substring(0, cut), token.substring(cut));
        check(
            !tokenizer.ids().containsKey(merge.left())
                || !tokenizer.ids().containsKey(merge.right())
                || merges.contains(merge),
            "%s: no merge of %s and %s, which would make a token: llama.cpp joins any two that do,"
                + " so its token ids would be others",
            tokenizer.path(),
            TokenizerJson.quoted(merge.left()),
            TokenizerJson.quoted(merge.right()));
      }
    }
  }

  private static boolean isAdded(TokenizerJson tokenizer, String text) {
    Integer id = tokenizer.ids().get(text);
    return id != null && tokenizer.added().containsKey(id);
  }

  /** Whether a space is put before a text: by {@code Prepend}, or by {@code Metaspace}. */
  private static boolean addsSpace(TokenizerJson tokenizer) {
    boolean prepends = false;
    boolean replaces = false;
    for (JsonNode step : TokenizerJson.parts(tokenizer.json().path("normalizer"), "normalizers")) {
      if (is(step, "Prepend") && step.path("prepend").asText().equals(SPACE) && !replaces) {
        prepends = true;
      } else if (is(step, "Replace")
          && step.path("pattern").path("String").asText().equals(" ")
          && step.path("content").asText().equals(SPACE)) {
        replaces = true;
      } else {
        throw unknown(tokenizer, "normalizer", step);
      }
    }
    for (JsonNode step :
        TokenizerJson.parts(tokenizer.json().path("pre_tokenizer"), "pretokenizers")) {
      boolean nothingLeft =
          is(step, "Split") && step.path("pattern").path("String").asText().equals(" ") && replaces;
      boolean metaspace =
          is(step, "Metaspace")
              && step.path("replacement").asText().equals(SPACE)
              && !step.path("split").asBoolean(true);
      if (metaspace) {
        String byDefault = step.path("add_prefix_space").asBoolean(true) ? "always" : "never";
        prepends |= !step.path("prepend_scheme").asText(byDefault).equals("never");
        replaces = true;
      } else if (!nothingLeft) {
        throw unknown(tokenizer, "pre-tokenizer", step);
      }
    }
    check(
        replaces,
        "%s: spaces are not replaced by %s: expected a tokenizer as SentencePiece's",
        tokenizer.path(),
        SPACE);
    return prepends;
  }

  private static boolean is(JsonNode step, String type) {
    return step.path("type").asText().equals(type);
  }

  private static BadInputException unknown(TokenizerJson tokenizer, String stage, JsonNode step) {
    return new BadInputException(
        tokenizer.path()
            + ": "
            + stage
            + " "
            + step
            + ": llama.cpp's tokenizer of SentencePiece's kind has none such");
  }
}

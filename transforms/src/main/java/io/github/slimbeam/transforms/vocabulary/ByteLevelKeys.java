// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.gguf.GgufValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The keys of a byte-level BPE: {@code gpt2}, with its pre-tokenizer and its merges. */
final class ByteLevelKeys {
  private ByteLevelKeys() {}

  /**
   * The keys beside the vocabulary.
   *
   * @param cleansSpaces {@code clean_up_tokenization_spaces}
   */
  static Map<String, GgufValue> of(TokenizerJson tokenizer, boolean cleansSpaces) {
    // llama.cpp normalises nothing: a text that is in composed form already gives the same ids
    for (JsonNode step : TokenizerJson.parts(tokenizer.json().path("normalizer"), "normalizers")) {
      check(
          step.path("type").asText().equals("NFC"),
          "%s: normalizer %s: llama.cpp's byte-level tokenizers take a text as it is",
          tokenizer.path(),
          step.path("type"));
    }
    List<String> merges = new ArrayList<>();
    for (TokenizerJson.Merge merge : tokenizer.merges()) {
      check(
          merge.result().chars().noneMatch(c -> c == ' ' || c == '\n'),
          "%s: a merge makes %s: with a space or a line's end in it, it is not of bytes' letters",
          tokenizer.path(),
          TokenizerJson.quoted(merge.result()));
      merges.add(merge.left() + " " + merge.right());
    }
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.put(TokenizerKinds.KEY, TokenizerKinds.byteLevels());
    keys.put(
        "tokenizer.ggml.pre", new GgufValue.Text(PreTokenizer.of(tokenizer, cleansSpaces).name()));
    keys.put("tokenizer.ggml.merges", GgufValue.texts(merges));
    return keys;
  }
}

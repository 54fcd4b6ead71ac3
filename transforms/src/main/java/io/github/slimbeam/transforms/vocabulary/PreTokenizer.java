// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A rule by which llama.cpp cuts a text into words before it merges bytes within each: {@code
 * tokenizer.ggml.pre}.
 *
 * @param name llama.cpp's, after a model that has it
 * @param splits the same rule in {@code tokenizer.json}: regular expressions, each cutting what
 *     those before it left, every match a word of its own and so is what is between matches
 * @param ignoresMerges whether a word that is a token is taken whole, as {@code
 *     model.ignore_merges} has it
 * @param cleansSpaces whether it takes spaces before punctuation out of what it shows, as {@code
 *     clean_up_tokenization_spaces} has it; of two names for the same rule the one that does as the
 *     model's is taken
 */
record PreTokenizer(String name, List<String> splits, boolean ignoresMerges, boolean cleansSpaces) {
  private static final List<PreTokenizer> KNOWN = read();

  /** What {@code ByteLevel} cuts by when it is asked to. */
  private static final String BYTE_LEVEL = KNOWN.get(0).splits().get(0);

  /**
   * That of a tokenizer.
   *
   * @throws BadInputException if llama.cpp has no name for it that we know
   */
  static PreTokenizer of(TokenizerJson tokenizer, boolean cleansSpaces) {
    List<String> splits = splits(tokenizer);
    boolean ignores = tokenizer.flag("ignore_merges");
    List<PreTokenizer> found =
        KNOWN.stream()
            .filter(rule -> rule.splits.equals(splits) && rule.ignoresMerges == ignores)
            .toList();
    check(
        !found.isEmpty(),
        "%s: llama.cpp knows pre-tokenizers by name, and none that we know cuts by %s with"
            + " ignore_merges %s: its words, and so its token ids, would be others",
        tokenizer.path(),
        splits,
        ignores);
    return found.stream()
        .filter(rule -> rule.cleansSpaces == cleansSpaces)
        .findFirst()
        .orElse(found.get(0));
  }

  private static List<String> splits(TokenizerJson tokenizer) {
    List<JsonNode> steps =
        TokenizerJson.parts(tokenizer.json().path("pre_tokenizer"), "pretokenizers");
    List<String> splits = new ArrayList<>();
    boolean bytes = false;
    for (JsonNode step : steps) {
      check(
          !bytes,
          "%s: after ByteLevel there is another pre-tokenizer, %s: llama.cpp has none such",
          tokenizer.path(),
          step);
      switch (step.path("type").asText()) {
        case "Split" -> splits.add(pattern(tokenizer, step));
        case "Digits" -> {
          check(
              step.path("individual_digits").asBoolean(false),
              "%s: pre-tokenizer %s: llama.cpp cuts digits one by one",
              tokenizer.path(),
              step);
          splits.add("\\p{N}");
        }
        case "ByteLevel" -> {
          bytes = true;
          check(
              !step.path("add_prefix_space").asBoolean(true),
              "%s: the pre-tokenizer puts a space before the text (add_prefix_space):"
                  + " llama.cpp's byte-level tokenizers do not",
              tokenizer.path());
          if (step.path("use_regex").asBoolean(true)) {
            splits.add(BYTE_LEVEL);
          }
        }
        default ->
            throw new BadInputException(
                tokenizer.path()
                    + ": pre-tokenizer "
                    + step.path("type")
                    + ": llama.cpp has no name for it that we know");
      }
    }
    check(
        bytes,
        "%s: neither ByteLevel among the pre-tokenizers nor model.byte_fallback: expected a"
            + " byte-level BPE or one as SentencePiece's",
        tokenizer.path());
    return splits;
  }

  /**
   * The expression of a {@code Split}, with line ends as escapes. To take matches and drop what is
   * between them is the same as to isolate them, as every expression here matches any character.
   */
  private static String pattern(TokenizerJson tokenizer, JsonNode step) {
    String behavior = step.path("behavior").asText();
    boolean inverted = step.path("invert").asBoolean(false);
    check(
        step.path("pattern").path("Regex").isTextual()
            && ((behavior.equals("Isolated") && !inverted)
                || (behavior.equals("Removed") && inverted)),
        "%s: pre-tokenizer %s: llama.cpp isolates the matches of a regular expression, and nothing"
            + " else",
        tokenizer.path(),
        step);
    return step.path("pattern").path("Regex").asText().replace("\r", "\\r").replace("\n", "\\n");
  }

  private static List<PreTokenizer> read() {
    try (InputStream in = PreTokenizer.class.getResourceAsStream("pre_tokenizers.json")) {
      return List.of(Json.STRICT.readValue(in, PreTokenizer[].class));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.vocabulary.TokenizerJson.AddedToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * The tokenizer and the chat templates of a Hugging Face directory as keys of a GGUF file.
 *
 * <p>There is one token for each row of the embedding: rows that the tokenizer does not know are
 * {@code [PADn]}, of a type that is never made.
 *
 * <p><em>Cost</em>: {@code tokenizer.json} as a tree in memory, some 200 MB for 256 k tokens.
 */
public final class TokenizerMetadata {
  /** As llama.cpp tells tokens that only say by their form that they are control. */
  private static final Predicate<String> LOOKS_LIKE_CONTROL =
      Pattern.compile("<\\|.*\\|>|<｜.*｜>|<unused\\d+>|<pad>|<mask>", Pattern.DOTALL)
          .asMatchPredicate();

  private TokenizerMetadata() {}

  /**
   * The keys, in the order in which they are written.
   *
   * @param rows of the model's embedding
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming file and field, if it is
   *     damaged, another model's, or of a kind that llama.cpp would compute otherwise
   */
  public static Map<String, GgufValue> of(Storage storage, String directory, int rows)
      throws IOException {
    TokenizerJson tokenizer = TokenizerJson.read(storage, directory, rows);
    SmallFiles files = SmallFiles.read(storage, directory);
    Map<String, GgufValue> keys = new LinkedHashMap<>();
    keys.putAll(
        tokenizer.flag("byte_fallback")
            ? SentencePieceKeys.of(tokenizer, rows)
            : ByteLevelKeys.of(tokenizer, files.cleansSpaces()));
    List<String> texts = new ArrayList<>();
    List<Integer> types = new ArrayList<>();
    vocabulary(tokenizer, rows, texts, types);
    keys.put("tokenizer.ggml.tokens", GgufValue.texts(texts));
    keys.put("tokenizer.ggml.token_type", GgufValue.ints(types));
    keys.putAll(new SpecialTokenKeys(tokenizer, files).keys());
    keys.putAll(ChatTemplateKeys.of(storage, files));
    return Collections.unmodifiableMap(keys);
  }

  private static void vocabulary(
      TokenizerJson tokenizer, int rows, List<String> texts, List<Integer> types) {
    List<String> byId = new ArrayList<>(Collections.nCopies(rows, ""));
    tokenizer.ids().forEach((text, id) -> byId.set(id, text));
    String unknown = tokenizer.json().path("model").path("unk_token").asText("");
    Set<String> taken = new HashSet<>();
    for (int id = 0; id < rows; id++) {
      TokenType type = type(tokenizer, id, byId.get(id), unknown);
      String text = text(type, id, byId.get(id));
      check(
          taken.add(text),
          "%s: the token of id %d would be %s in the file, as another is",
          tokenizer.path(),
          id,
          TokenizerJson.quoted(text));
      texts.add(text);
      types.add(type.code());
    }
  }

  private static TokenType type(TokenizerJson tokenizer, int id, String text, String unknown) {
    AddedToken added = tokenizer.added().get(id);
    if (text.isEmpty()) {
      return TokenType.UNUSED;
    }
    if (tokenizer.flag("byte_fallback")) {
      if (text.equals(unknown)) {
        return TokenType.UNKNOWN;
      }
      if (SentencePieceKeys.isByte(text)) {
        return TokenType.BYTE;
      }
    }
    if (added == null) {
      return TokenType.NORMAL;
    }
    return added.special() || LOOKS_LIKE_CONTROL.test(text)
        ? TokenType.CONTROL
        : TokenType.USER_DEFINED;
  }

  private static String text(TokenType type, int id, String text) {
    return switch (type) {
      case UNUSED -> "[PAD" + id + "]";
      // found in the text as it is, before its spaces are replaced
      case USER_DEFINED -> text.replace(SentencePieceKeys.SPACE, " ");
      default -> text;
    };
  }
}

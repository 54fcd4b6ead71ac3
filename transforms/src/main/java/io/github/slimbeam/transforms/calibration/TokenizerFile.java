// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.LfsPointer;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model's {@code tokenizer.json}, run by Hugging Face's own tokenizers library.
 *
 * <p>Texts are never cut and never padded, whatever the file or the library's defaults ask for; and
 * unless asked for, no special token (such as {@code <s>}) is added.
 *
 * <p><em>Cost</em>: the file is read once: at the first text, if opened {@link #onDemand}.
 */
public final class TokenizerFile implements AutoCloseable {
  private static final String NAME = "tokenizer.json";
  private static final String REMEDY =
      "give a directory with Hugging Face's tokenizer.json"
          + " (for a model without one: AutoTokenizer.from_pretrained(MODEL).save_pretrained(MODEL)),"
          + " or calibrate on input_ids";

  private final Storage storage;
  private final String path;
  private final boolean addSpecialTokens;
  private @Nullable HuggingFaceTokenizer tokenizer;

  private TokenizerFile(Storage storage, String directory, boolean addSpecialTokens) {
    this.storage = storage;
    this.path = storage.resolve(directory, NAME);
    this.addSpecialTokens = addSpecialTokens;
  }

  /**
   * Opens the tokenizer in a model's directory, without special tokens.
   *
   * @throws BadInputException naming the path, if it is missing or cannot be read
   */
  public static TokenizerFile open(Storage storage, String directory) {
    return open(storage, directory, false);
  }

  /** As {@link #open(Storage, String)}, with the choice of special tokens. */
  public static TokenizerFile open(Storage storage, String directory, boolean addSpecialTokens) {
    TokenizerFile file = new TokenizerFile(storage, directory, addSpecialTokens);
    file.tokenizer = file.load();
    return file;
  }

  /** Opens nothing before the first text: windows of tokens need no tokenizer. */
  public static TokenizerFile onDemand(Storage storage, String directory) {
    return onDemand(storage, directory, false);
  }

  /** As {@link #onDemand(Storage, String)}, with the choice of special tokens. */
  public static TokenizerFile onDemand(
      Storage storage, String directory, boolean addSpecialTokens) {
    return new TokenizerFile(storage, directory, addSpecialTokens);
  }

  /** SHA-256 of the tokenizer in a model's directory, if there is one. */
  public static Optional<String> digest(Storage storage, String directory) throws IOException {
    String path = storage.resolve(directory, NAME);
    return storage.exists(path)
        ? Optional.of(HexFormat.of().formatHex(Sha256.of(storage.read(path))))
        : Optional.empty();
  }

  /** The token ids of the whole text. */
  public int[] encode(String text) {
    HuggingFaceTokenizer opened = tokenizer();
    try {
      long[] ids = opened.encode(text, addSpecialTokens, false).getIds();
      return Arrays.stream(ids).mapToInt(Math::toIntExact).toArray();
    } catch (RuntimeException e) {
      throw failure("a text of " + text.length() + " characters cannot be encoded", e);
    }
  }

  /**
   * The text of token ids, without special tokens; replacement characters stand where bytes are no
   * whole character.
   */
  public String decode(int... ids) {
    if (ids.length == 0) {
      return "";
    }
    HuggingFaceTokenizer opened = tokenizer();
    try {
      return opened.decode(Arrays.stream(ids).asLongStream().toArray(), true);
    } catch (RuntimeException e) {
      throw failure(ids.length + " token ids cannot be decoded", e);
    }
  }

  private BadInputException failure(String what, RuntimeException e) {
    return new BadInputException(
        path + ": " + what + " with this tokenizer: " + e.getMessage() + ". Is the file whole?", e);
  }

  @Override
  public void close() {
    if (tokenizer != null) {
      tokenizer.close();
      tokenizer = null;
    }
  }

  private HuggingFaceTokenizer tokenizer() {
    if (tokenizer == null) {
      tokenizer = load();
    }
    return tokenizer;
  }

  private HuggingFaceTokenizer load() {
    Map<String, String> options =
        Map.of(
            "addSpecialTokens", Boolean.toString(addSpecialTokens),
            "truncation", "false",
            "padding", "false");
    try {
      check(storage.exists(path), "%s: no such file: %s", path, REMEDY);
      byte[] bytes = storage.read(path);
      LfsPointer.refuse(bytes, path);
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(bytes), options);
    } catch (BadInputException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      throw new BadInputException(
          path + ": cannot be read as a tokenizer (" + e.getMessage() + "): " + REMEDY, e);
    }
  }
}

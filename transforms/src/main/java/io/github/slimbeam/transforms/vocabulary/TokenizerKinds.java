// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

import io.github.slimbeam.transforms.gguf.GgufValue;
import io.github.slimbeam.transforms.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * llama.cpp's names for kinds of tokenizers, {@code tokenizer.ggml.model}: each after the first
 * model that had one.
 */
record TokenizerKinds(String sentencePiece, String byteLevel) {
  static final String KEY = "tokenizer.ggml.model";

  private static final TokenizerKinds NAMES = read();

  static GgufValue sentencePieces() {
    return new GgufValue.Text(NAMES.sentencePiece);
  }

  static GgufValue byteLevels() {
    return new GgufValue.Text(NAMES.byteLevel);
  }

  private static TokenizerKinds read() {
    try (InputStream in = TokenizerKinds.class.getResourceAsStream("kinds.json")) {
      return Json.STRICT.readValue(in, TokenizerKinds.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

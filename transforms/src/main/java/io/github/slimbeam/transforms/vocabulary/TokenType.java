// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.vocabulary;

/** What a token is, by its number in {@code tokenizer.ggml.token_type}. */
enum TokenType {
  /** Made by the tokenizer from text. */
  NORMAL(1),
  /** Stands for what no token can. */
  UNKNOWN(2),
  /** Made from text only where control is asked for, and never shown. */
  CONTROL(3),
  /** Always made from its text, before any other. */
  USER_DEFINED(4),
  /** Never made: a row of the embedding that no text leads to. */
  UNUSED(5),
  /** A single byte. */
  BYTE(6);

  private final int code;

  TokenType(int code) {
    this.code = code;
  }

  /** Its number in the file. */
  int code() {
    return code;
  }
}

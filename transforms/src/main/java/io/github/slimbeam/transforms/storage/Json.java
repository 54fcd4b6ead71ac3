// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** How JSON is read and written; nobody changes what these are set to. */
public final class Json {
  /** For what others wrote: each field once, and nothing behind the end. */
  public static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** For our own files and lines. */
  public static final JsonMapper PLAIN = JsonMapper.builder().build();

  private Json() {}
}

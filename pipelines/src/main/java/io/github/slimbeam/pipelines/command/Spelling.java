// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;

/**
 * How the constants of an enumeration are spelt on the command line. Beam reads options with
 * Jackson, so {@code @JsonValue} says it.
 */
final class Spelling {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Spelling() {}

  static String of(Object constant) {
    return JSON.convertValue(constant, String.class);
  }

  static String ofConstant(Class<?> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> ((Enum<?>) constant).name().equals(name))
        .findFirst()
        .map(Spelling::of)
        .orElseThrow(() -> new IllegalStateException(type + " has no " + name));
  }

  /**
   * The constant that is spelt so.
   *
   * @throws IllegalArgumentException saying what was expected: in the words of the enumeration's
   *     {@code @JsonCreator}, if it has one
   */
  static Object read(Class<?> type, String word) {
    try {
      return JSON.convertValue(word, type);
    } catch (IllegalArgumentException e) {
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof IllegalArgumentException said) {
          throw said;
        }
      }
      throw new IllegalArgumentException(
          "expected one of " + Arrays.stream(type.getEnumConstants()).map(Spelling::of).toList(),
          e);
    }
  }
}

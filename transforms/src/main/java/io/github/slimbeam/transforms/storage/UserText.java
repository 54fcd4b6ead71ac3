// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import com.google.errorprone.annotations.FormatMethod;
import java.io.Serializable;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Text for a user that names parameters, such as {@code shards}. Who shows it decides how a name is
 * written: {@code shards=0} to who calls the library, {@code --shards=0} to who gave a command.
 *
 * @param marked the text with every parameter's name between ⟨ and ⟩
 */
public record UserText(String marked) implements Serializable {
  private static final Pattern PARAMETER = Pattern.compile("⟨(\\w+)⟩");

  /** A text that is formatted with {@link String#format}. */
  @FormatMethod
  public static UserText of(String marked, Object... arguments) {
    return new UserText(String.format(Locale.ROOT, marked, arguments));
  }

  /** A parameter as it is marked in a text. */
  public static String parameter(String name) {
    return "⟨" + name + "⟩";
  }

  /** The text with names as {@code notation} writes them. */
  public String naming(UnaryOperator<String> notation) {
    return PARAMETER
        .matcher(marked)
        .replaceAll(name -> Matcher.quoteReplacement(notation.apply(name.group(1))));
  }

  /** The text with names as they are. */
  @Override
  public String toString() {
    return naming(UnaryOperator.identity());
  }
}

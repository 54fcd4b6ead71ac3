// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the user gave cannot be used: a file, a parameter, a text, or numbers in them.
 *
 * <p>The message is written for that user: what was expected, what was found, where, and what to
 * do. Names of parameters are marked in it as in {@link UserText}, so that a command can write them
 * as its options; {@link #getMessage} has them plain. The commands print it alone and exit with
 * code 2. Its cause tells Flink not to try again.
 */
public final class BadInputException extends RuntimeException {
  private final UserText text;

  public BadInputException(String message) {
    this(message, null);
  }

  /** As said, because of {@code cause}, which is null where nothing threw. */
  public BadInputException(String message, @Nullable Throwable cause) {
    this(new UserText(message), cause);
  }

  private BadInputException(UserText text, @Nullable Throwable cause) {
    super(text.toString(), new NotToBeTriedAgain(text, cause));
    this.text = text;
  }

  /** The message, with the names of parameters marked. */
  public UserText text() {
    return text;
  }

  /** Throws unless {@code holds}; {@code message} is formatted with {@link String#format}. */
  @FormatMethod
  @Contract("false, _, _ -> fail")
  public static void check(boolean holds, String message, @Nullable Object... arguments) {
    if (!holds) {
      throw new BadInputException(String.format(Locale.ROOT, message, arguments));
    }
  }

  /**
   * The first that a printed trace tells of: some runners bring nothing else from another JVM.
   *
   * @param failure what brought the trace
   */
  public static Optional<BadInputException> in(String trace, Throwable failure) {
    return after(NotToBeTriedAgain.class.getName() + ": ", trace)
        .or(() -> after(BadInputException.class.getName() + ": ", trace))
        .map(message -> new BadInputException(message, failure));
  }

  private static Optional<String> after(String mark, String trace) {
    int start = trace.indexOf(mark);
    if (start < 0) {
      return Optional.empty();
    }
    // Flink's stand-in for an exception of another JVM has the class before its message once more.
    while (trace.startsWith(mark, start)) {
      start += mark.length();
    }
    return Optional.of(trace.substring(start).split("\\R", 2)[0]);
  }
}

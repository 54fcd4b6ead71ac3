package io.github.slimbeam.transforms.storage;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;

/**
 * What the user gave cannot be used: a file, an option, a text, or numbers in them.
 *
 * <p>The message is written for that user: what was expected, what was found, where, and what to
 * do. The commands print it alone and exit with code 2. Its cause tells Flink not to try again.
 */
public final class BadInputException extends RuntimeException {
  public BadInputException(String message) {
    this(message, null);
  }

  public BadInputException(String message, Throwable cause) {
    super(message, new NotToBeTriedAgain(cause));
  }

  /** Throws unless {@code holds}; {@code message} is formatted with {@link String#format}. */
  @FormatMethod
  public static void check(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new BadInputException(String.format(Locale.ROOT, message, arguments));
    }
  }
}

package io.github.slimbeam.transforms.storage;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

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

  /** As said, because of {@code cause}, which is null where nothing threw. */
  public BadInputException(String message, @Nullable Throwable cause) {
    super(message, new NotToBeTriedAgain(cause));
  }

  /** Throws unless {@code holds}; {@code message} is formatted with {@link String#format}. */
  @FormatMethod
  @Contract("false, _, _ -> fail")
  public static void check(boolean holds, String message, @Nullable Object... arguments) {
    if (!holds) {
      throw new BadInputException(String.format(Locale.ROOT, message, arguments));
    }
  }
}

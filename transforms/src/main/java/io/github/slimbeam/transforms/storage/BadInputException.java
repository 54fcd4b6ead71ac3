package io.github.slimbeam.transforms.storage;

import com.google.errorprone.annotations.FormatMethod;
import org.apache.flink.runtime.throwable.ThrowableAnnotation;
import org.apache.flink.runtime.throwable.ThrowableType;

/**
 * What the user gave cannot be used: a file, an option, a text, or numbers in them.
 *
 * <p>The message is written for that user: what was expected, what was found, where, and what to
 * do. The commands print it alone and exit with code 2. Trying again helps nothing, which the
 * annotation tells Flink; a JVM without Flink ignores it.
 */
@ThrowableAnnotation(ThrowableType.NonRecoverableError)
public final class BadInputException extends RuntimeException {
  public BadInputException(String message) {
    super(message);
  }

  public BadInputException(String message, Throwable cause) {
    super(message, cause);
  }

  /** Throws unless {@code holds}; {@code message} is formatted with {@link String#format}. */
  @FormatMethod
  public static void check(boolean holds, String message, Object... arguments) {
    if (!holds) {
      throw new BadInputException(String.format(message, arguments));
    }
  }
}

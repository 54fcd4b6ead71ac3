// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import com.google.errorprone.annotations.FormatMethod;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** An architecture does not compute what a model does; the message says why. */
final class DoesNotFit extends Exception {
  private static final long serialVersionUID = 1L;

  private DoesNotFit(String why) {
    super(why);
  }

  /** Throws unless {@code holds}; names of parameters stand between ⟨ and ⟩. */
  @FormatMethod
  static void unless(boolean holds, String why, @Nullable Object... arguments) throws DoesNotFit {
    if (!holds) {
      throw new DoesNotFit(String.format(Locale.ROOT, why, arguments));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.UserText;

/** The one place where a parameter of the library becomes an option: {@code --shards}. */
public final class OptionNames {
  private OptionNames() {}

  /** A text of the library, as the user of a command reads it. */
  public static String in(UserText text) {
    return text.naming(name -> "--" + name);
  }

  /** A refusal of the library, as the user of a command reads it. */
  static BadInputException in(BadInputException refusal) {
    return new BadInputException(in(refusal.text()), refusal);
  }
}

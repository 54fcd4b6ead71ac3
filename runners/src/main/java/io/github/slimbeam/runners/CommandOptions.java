// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** The words after a command, {@code --name=value}, as they are completed for a runner. */
final class CommandOptions {
  private final List<String> words;

  CommandOptions(String... words) {
    this.words = new ArrayList<>(Arrays.asList(words));
  }

  /** Whether an option is there, with a value or without. */
  boolean names(String name) {
    return words.stream().anyMatch(o -> o.equals("--" + name) || o.startsWith("--" + name + "="));
  }

  /** An option's value, or empty if it is not there. */
  String value(String name) {
    String start = "--" + name + "=";
    return words.stream()
        .filter(o -> o.startsWith(start))
        .map(o -> o.substring(start.length()))
        .findFirst()
        .orElse("");
  }

  /** Adds an option that the user left out. */
  void addUnlessGiven(String name, Object value) {
    if (!names(name)) {
      words.add("--" + name + "=" + value);
    }
  }

  /** Puts another value in the place of a given one. */
  void replace(String name, UnaryOperator<String> value) {
    String start = "--" + name + "=";
    words.replaceAll(
        o -> o.startsWith(start) ? start + value.apply(o.substring(start.length())) : o);
  }

  /** Puts other words in the place of all. */
  void rewrite(UnaryOperator<String[]> words) {
    List<String> rewritten = List.of(words.apply(words()));
    this.words.clear();
    this.words.addAll(rewritten);
  }

  String[] words() {
    return words.toArray(String[]::new);
  }
}

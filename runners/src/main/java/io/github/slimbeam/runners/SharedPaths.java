// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNull;

import io.github.slimbeam.pipelines.command.CommandPaths;
import io.github.slimbeam.pipelines.command.DeclaredOptions;

/** Makes a command's paths mean the same for the client and for workers on other machines. */
final class SharedPaths {
  private SharedPaths() {}

  /**
   * Completes relative paths, and keeps what passes between client and workers in a directory that
   * they share: beside the output.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if a command has no output and
   *     no such directory was named
   */
  static void complete(String command, CommandOptions options) {
    DeclaredOptions<?> declared =
        requireNonNull(Command.named(command).options(), "what runs elsewhere has options");
    options.rewrite(words -> CommandPaths.absolute(declared, words));
    if (options.names("workDirectory")) {
      options.addUnlessGiven("tempLocation", options.value("workDirectory"));
    } else if (options.names("output")) {
      options.addUnlessGiven(
          "tempLocation", options.value("output").replaceAll("(?<=.)/[^/]*$", ""));
    }
    check(
        options.names("tempLocation") || command.equals("prune"),
        "--tempLocation is missing: on a cluster, %s needs a directory that this machine and all workers see",
        command);
  }
}

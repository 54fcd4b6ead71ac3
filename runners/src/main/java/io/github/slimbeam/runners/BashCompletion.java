// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * Prints what bash completes the command line by: names of commands, their options, and the values
 * of enumerations and paths.
 */
final class BashCompletion {
  private BashCompletion() {}

  static void print(PrintStream out) {
    CommandLine slim = new CommandLine(CommandSpec.create().name("slim"));
    Command.ALL.forEach(command -> slim.addSubcommand(command.name(), command.spec()));
    out.println(AutoComplete.bash("slim", slim));
    try (InputStream script = BashCompletion.class.getResourceAsStream("completion.bash")) {
      out.print(new String(script.readAllBytes(), UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

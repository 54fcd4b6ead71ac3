// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.slimbeam.pipelines.command.FailureReason;
import io.github.slimbeam.transforms.Versions;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The command line: {@code slim COMMAND --option=value …}. Exit codes: 0 done; 2 what was given
 * cannot be used, and the one message says why; 1 anything else.
 */
public final class Slim {
  private static final int BAD_INPUT = 2;
  private static final int INTERRUPTED = 130;
  private static final List<String> HELP = List.of("--help", "-h");

  private Slim() {}

  public static void main(String[] args) {
    speakUtf8();
    ProcessEnd.begin();
    try {
      OwnTemporaryFiles.begin();
    } catch (BadInputException e) {
      System.err.println("slim: " + e.getMessage());
      ProcessEnd.with(BAD_INPUT);
    }
    ProcessEnd.with(run(args));
  }

  /** Whatever the locale is: models' texts do not keep to it, and files are UTF-8 as well. */
  static void speakUtf8() {
    System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8));
    System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8));
  }

  /** Whether the failure is but the JVM being told to stop, which is said elsewhere. */
  private static boolean shuttingDown() {
    Thread probe = new Thread(() -> {}, "probe");
    try {
      Runtime.getRuntime().addShutdownHook(probe);
      Runtime.getRuntime().removeShutdownHook(probe);
      return false;
    } catch (IllegalStateException e) {
      return true;
    }
  }

  static int run(String[] args) {
    String name = args.length == 0 ? "--help" : args[0];
    if (name.equals("--version")) {
      System.out.println("slim-beam " + Versions.slimBeam());
      return 0;
    }
    if (HELP.contains(name) || name.equals("help")) {
      Command.ALL.forEach(
          c -> System.out.printf(Locale.ROOT, "slim %-12s %s%n", c.name(), c.purpose()));
      System.out.println("slim COMMAND --help lists a command's options.");
      System.out.println("source <(slim completion) lets bash complete commands and options.");
      return 0;
    }
    if (name.equals("completion")) {
      BashCompletion.print(System.out);
      return 0;
    }
    try {
      perform(args, RunnerChoice::complete);
      return 0;
    } catch (BadInputException e) {
      System.err.println("slim " + name + ": " + e.getMessage());
      return BAD_INPUT;
    } catch (Exception | LinkageError | VirtualMachineError e) {
      if (shuttingDown()) {
        return INTERRUPTED;
      }
      System.err.println("slim " + name + ": failed: " + reason(e));
      if (Boolean.getBoolean("slimbeam.verbose")) {
        e.printStackTrace();
      } else {
        System.err.println("(--verbose shows the whole story)");
      }
      return 1;
    }
  }

  /** What is said for the user already, or else what the failure comes down to. */
  private static String reason(Throwable e) {
    String said = e instanceof Exception ? e.getMessage() : null;
    return said == null ? FailureReason.of(e) : said;
  }

  /** What a command's options become for the place where it runs. */
  @FunctionalInterface
  interface Completion {
    String[] complete(String command, String... options);
  }

  /**
   * Performs a command, or prints its help.
   *
   * @throws BadInputException if what was given cannot be used
   */
  static void perform(String[] args, Completion completion) throws Exception {
    Command command = Command.named(args.length == 0 ? "" : args[0]);
    String[] options = Arrays.copyOfRange(args, 1, args.length);
    if (Arrays.stream(options).anyMatch(HELP::contains)) {
      Help.print(System.out, command);
      return;
    }
    BadInputException.check(
        command.options() != null || options.length == 0, "%s takes no options", command.name());
    command.job().run(command.onRunner() ? completion.complete(command.name(), options) : options);
  }
}

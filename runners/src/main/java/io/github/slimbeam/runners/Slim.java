package io.github.slimbeam.runners;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.Arrays;

/**
 * The command line: {@code slim COMMAND --option=value …}. Exit codes: 0 done; 2 what was given
 * cannot be used, and the one message says why; 1 anything else.
 */
public final class Slim {
  private static final int INTERRUPTED = 130;

  private Slim() {}

  public static void main(String[] args) throws IOException {
    OwnTemporaryFiles.begin();
    System.exit(run(args));
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
    if (name.equals("--help") || name.equals("help")) {
      Command.ALL.forEach(c -> System.out.printf("slim %-12s %s%n", c.name(), c.purpose()));
      System.out.println("slim COMMAND --help lists a command's options.");
      return 0;
    }
    try {
      perform(args, RunnerChoice::complete);
      return 0;
    } catch (BadInputException e) {
      System.err.println("slim " + name + ": " + e.getMessage());
      return 2;
    } catch (Exception e) {
      if (shuttingDown()) {
        return INTERRUPTED;
      }
      System.err.println("slim " + name + ": failed: " + e.getMessage());
      if (Boolean.getBoolean("slimbeam.verbose")) {
        e.printStackTrace();
      } else {
        System.err.println("(--verbose shows the whole story)");
      }
      return 1;
    }
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
    if (Arrays.asList(options).contains("--help")) {
      Help.print(System.out, command);
      return;
    }
    BadInputException.check(
        command.options() != null || options.length == 0, "%s takes no options", command.name());
    command.job().run(command.onRunner() ? completion.complete(command.name(), options) : options);
  }
}

package io.github.slimbeam.runners;

import io.github.slimbeam.pipelines.Benchmark;
import io.github.slimbeam.pipelines.BenchmarkOptions;
import io.github.slimbeam.pipelines.Inspect;
import io.github.slimbeam.pipelines.InspectOptions;
import io.github.slimbeam.pipelines.ListMethods;
import io.github.slimbeam.pipelines.MeasurePerplexity;
import io.github.slimbeam.pipelines.PerplexityOptions;
import io.github.slimbeam.pipelines.Prune;
import io.github.slimbeam.pipelines.PruneOptions;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * The command line: {@code slim COMMAND --option=value …}. Exit codes: 0 done; 2 what was given
 * cannot be used, and the one message says why; 1 anything else.
 */
public final class Slim {
  private static final int INTERRUPTED = 130;

  private Slim() {}

  /** A command: what it does, its options or null if it takes none, and the job. */
  private record Command(
      String name, String purpose, Class<? extends PipelineOptions> options, Job job) {}

  @FunctionalInterface
  private interface Job {
    void run(String[] args) throws Exception;
  }

  private static final List<Command> COMMANDS =
      List.of(
          new Command(
              "prune",
              "Prune a model: calibration text in, a smaller checkpoint out.",
              PruneOptions.class,
              Prune::main),
          new Command(
              "inspect",
              "Say what prune would make and take, without calibration: plan, sizes, time, memory, engines.",
              InspectOptions.class,
              Inspect::main),
          new Command(
              "perplexity",
              "Measure a model, dense or pruned, on held-out text; prints one JSON line.",
              PerplexityOptions.class,
              MeasurePerplexity::main),
          new Command(
              "benchmark",
              "Prune a model in many ways and print a table of what comes out.",
              BenchmarkOptions.class,
              Benchmark::main),
          new Command(
              "methods", "List methods, recoveries and schedules.", null, ListMethods::main));

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
      COMMANDS.forEach(c -> System.out.printf("slim %-12s %s%n", c.name(), c.purpose()));
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
    String name = args.length == 0 ? "" : args[0];
    Command command =
        COMMANDS.stream()
            .filter(c -> c.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new BadInputException(
                        name
                            + " is no command; there are: "
                            + COMMANDS.stream().map(Command::name).toList()));
    String[] options = Arrays.copyOfRange(args, 1, args.length);
    if (Arrays.asList(options).contains("--help")) {
      Help.print(System.out, command.name(), command.purpose(), command.options());
      return;
    }
    if (command.options() == null) {
      BadInputException.check(options.length == 0, "%s takes no options", name);
      command.job().run(options);
      return;
    }
    command.job().run(completion.complete(name, options));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import io.github.slimbeam.pipelines.command.CommandSyntax;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.export.Export;
import io.github.slimbeam.pipelines.generate.Generate;
import io.github.slimbeam.pipelines.generate.GenerateOptions;
import io.github.slimbeam.pipelines.inspect.Inspect;
import io.github.slimbeam.pipelines.measure.Evaluate;
import io.github.slimbeam.pipelines.measure.EvaluateOptions;
import io.github.slimbeam.pipelines.measure.MeasurePerplexity;
import io.github.slimbeam.pipelines.measure.PerplexityOptions;
import io.github.slimbeam.pipelines.prune.Benchmark;
import io.github.slimbeam.pipelines.prune.BenchmarkOptions;
import io.github.slimbeam.pipelines.prune.ListMethods;
import io.github.slimbeam.pipelines.prune.Prune;
import io.github.slimbeam.pipelines.report.Compare;
import io.github.slimbeam.pipelines.report.CompareOptions;
import io.github.slimbeam.pipelines.report.ReportOptions;
import io.github.slimbeam.pipelines.report.WriteReport;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/**
 * A command of the launcher.
 *
 * @param arguments what it takes besides options, for its help; empty if nothing
 * @param options its options, or null if it takes none
 * @param onRunner whether it is a pipeline; otherwise its work is done in this process
 */
record Command(
    String name,
    String purpose,
    String arguments,
    @Nullable DeclaredOptions<?> options,
    boolean onRunner,
    Job job) {

  /** What a command does with its options. */
  @FunctionalInterface
  interface Job {
    void run(String[] args) throws Exception;
  }

  /** All there are, in the order in which a user meets them. */
  static final List<Command> ALL =
      List.of(
          onRunner(
              "prune",
              "Prune a model: calibration text in, a smaller checkpoint out.",
              Prune.options(),
              Prune::main),
          here(
              "inspect",
              "Say what prune would make and take, without calibration: plan, sizes, time, memory, engines.",
              "",
              Inspect.options(),
              Inspect::main),
          onRunner(
              "perplexity",
              "Measure a model, dense or pruned, on held-out text; prints one JSON line for each text.",
              DeclaredOptions.of(PerplexityOptions.class),
              MeasurePerplexity::main),
          onRunner(
              "evaluate",
              "Let a model, dense or pruned, answer multiple-choice sets; prints JSON lines.",
              DeclaredOptions.of(EvaluateOptions.class),
              Evaluate::main),
          here(
              "generate",
              "Let a model, dense or pruned, write a prompt on.",
              "",
              DeclaredOptions.of(GenerateOptions.class),
              Generate::main),
          here(
              "export",
              "Write a model, dense or pruned, as one GGUF file, for llama.cpp and what is built on it.",
              "",
              Export.options(),
              Export::main),
          here(
              "report",
              "Write a pruned model's report.html anew, from its report.json or pruning.json.",
              "",
              DeclaredOptions.of(ReportOptions.class),
              WriteReport::main),
          here(
              "compare",
              "Put pruned models side by side in one page, and print a table of them in Markdown.",
              " A B …",
              DeclaredOptions.of(CompareOptions.class),
              Compare::main),
          onRunner(
              "benchmark",
              "Prune a model in many ways and print a table of what comes out.",
              DeclaredOptions.of(BenchmarkOptions.class),
              Benchmark::main),
          here("methods", "List methods, recoveries and schedules.", "", null, ListMethods::main));

  private static Command onRunner(
      String name, String purpose, DeclaredOptions<?> options, Job job) {
    return new Command(name, purpose, "", options, true, job);
  }

  private static Command here(
      String name,
      String purpose,
      String arguments,
      @Nullable DeclaredOptions<?> options,
      Job job) {
    return new Command(name, purpose, arguments, options, false, job);
  }

  /** Its options in picocli's terms. */
  CommandSpec spec() {
    return (options == null ? CommandSpec.create() : CommandSyntax.of(options)).name(name);
  }

  /**
   * The command of this name.
   *
   * @throws BadInputException naming those that there are
   */
  static Command named(String name) {
    return ALL.stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    name
                        + " is no command; there are: "
                        + ALL.stream().map(Command::name).toList()));
  }
}

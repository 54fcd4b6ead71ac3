// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.pipelines.command.TemporaryDirectory;
import io.github.slimbeam.pipelines.measure.MeasurePerplexity;
import io.github.slimbeam.pipelines.report.Table;
import io.github.slimbeam.transforms.calibration.WindowProtocol;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PruningJson;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Prunes a model in many ways and prints one Markdown table: dense first, then a row for each way,
 * with removed share and perplexity at each ratio. The tables of results come from it.
 */
public final class Benchmark {

  private final BenchmarkOptions options;
  private final String[] runner;
  private final int length;

  private Benchmark(BenchmarkOptions options, String[] runner) throws IOException {
    this.options = options;
    this.runner = runner;
    Model model = Model.open(new FileSystemsStorage(), options.getModel());
    this.length = CommandLine.sequenceLength(options.getSequenceLength(), model.config());
  }

  /** Runs the job with command-line options; throws where it fails. */
  public static void main(String[] args) throws IOException {
    // What a row is pruned with may be said as well.
    Prune.options().register();
    DeclaredOptions<BenchmarkOptions> own = DeclaredOptions.of(BenchmarkOptions.class);
    String[] runner =
        Arrays.stream(args)
            .filter(a -> !own.byName().containsKey(a.substring("--".length()).split("=", 2)[0]))
            .toArray(String[]::new);
    CommandLine.run(own, args, options -> run(options, runner));
  }

  private static void run(BenchmarkOptions options, String... runner) throws IOException {
    new Benchmark(options, runner).print(System.out);
  }

  /** Prints every row as soon as it is measured. */
  private void print(PrintStream out) throws IOException {
    List<String> ratios = List.of(options.getRatios().split(","));
    List<String> seeds = List.of(options.getSeeds().split(","));
    Table table = new Table().words("");
    for (String ratio : ratios) {
      table.numbers("removed").numbers("perplexity at " + ratio);
    }
    List<String> dense = new ArrayList<>(List.of("dense"));
    String perplexity = String.format(Locale.ROOT, "%.3f", perplexity(options.getModel()));
    ratios.forEach(ratio -> dense.addAll(List.of("0", perplexity)));
    table.row(dense).markdown().forEach(out::println);
    for (BenchmarkTable.Row row : options.getTable().rows()) {
      List<String> cells = new ArrayList<>(List.of(row.label()));
      for (String ratio : ratios) {
        cells.addAll(cells(row, ratio, seeds));
      }
      List<String> lines = table.row(cells).markdown();
      out.println(lines.get(lines.size() - 1));
    }
  }

  private List<String> cells(BenchmarkTable.Row row, String ratio, List<String> seeds)
      throws IOException {
    List<String> perplexities = new ArrayList<>();
    double share = 0;
    for (String seed : seeds) {
      try (TemporaryDirectory place = TemporaryDirectory.of(options, "slim-benchmark")) {
        String output = place.path() + "/model";
        try {
          Prune.prune(
              CommandLine.options(Prune.options(), arguments(row, ratio, seed, output)),
              new StageTable());
        } catch (BadInputException e) {
          System.err.println(row.label() + " at " + ratio + ": " + OptionNames.in(e.text()));
          return List.of("", "not possible");
        }
        share += PruningJson.read(new FileSystemsStorage(), output).getRemovedShare();
        perplexities.add(String.format(Locale.ROOT, "%.3f", perplexity(output)));
      }
    }
    return List.of(
        String.format(Locale.ROOT, "%.3f", share / seeds.size()), String.join(" ", perplexities));
  }

  private String[] arguments(BenchmarkTable.Row row, String ratio, String seed, String output) {
    List<String> arguments = new ArrayList<>(Arrays.asList(runner));
    arguments.addAll(row.options());
    arguments.add("--model=" + options.getModel());
    arguments.add("--calibration=" + options.getCalibration());
    arguments.add("--output=" + output);
    arguments.add("--pruningRatio=" + ratio);
    arguments.add("--sequenceLength=" + length);
    arguments.add("--seed=" + seed);
    arguments.add("--device=" + options.getDevice());
    if (options.getSequences() != null) {
      arguments.add("--sequences=" + options.getSequences());
    }
    return arguments.toArray(String[]::new);
  }

  private double perplexity(String model) throws IOException {
    return MeasurePerplexity.measure(
            options, List.of(model), options.getEvaluation(), WindowProtocol.of(length))
        .get(0)
        .value();
  }
}

package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
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
import java.util.Map;
import java.util.Set;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/**
 * Prunes a model in many ways and prints one Markdown table: dense first, then a row for each way,
 * with removed share and perplexity at each ratio. The tables of results come from it.
 */
public final class Benchmark {

  /** A row: its label, and what is added to the prune command. */
  private record Row(String label, List<String> options) {
    static Row of(String label, String... options) {
      return new Row(label, List.of(options));
    }
  }

  private static final Map<String, List<Row>> TABLES =
      Map.of(
          "methods",
          List.of(
              Row.of("SlimGPT", "--method=slimgpt"),
              Row.of(
                  "SlimGPT, grouped score (the paper's)",
                  "--method=slimgpt",
                  "--headScore=grouped"),
              Row.of("SlimLLM", "--method=slimllm"),
              Row.of("FLAP", "--method=flap"),
              Row.of("FLAP, uniform", "--method=flap", "--schedule=uniform"),
              Row.of("Wanda-sp", "--method=wanda"),
              Row.of("magnitude", "--method=magnitude"),
              Row.of("random", "--method=random")),
          "recoveries",
          List.of(
              Row.of("SlimGPT, none", "--method=slimgpt", "--recovery=none"),
              Row.of("SlimGPT, bias", "--method=slimgpt", "--recovery=bias"),
              Row.of("SlimGPT, regression", "--method=slimgpt", "--recovery=regression"),
              Row.of("SlimGPT, compensation (its own)", "--method=slimgpt"),
              Row.of("SlimGPT, leastSquares", "--method=slimgpt", "--recovery=leastSquares"),
              Row.of("SlimLLM, none", "--method=slimllm", "--recovery=none"),
              Row.of("SlimLLM, bias", "--method=slimllm", "--recovery=bias"),
              Row.of("SlimLLM, regression (its own)", "--method=slimllm"),
              Row.of("SlimLLM, compensation", "--method=slimllm", "--recovery=compensation"),
              Row.of("SlimLLM, leastSquares", "--method=slimllm", "--recovery=leastSquares")),
          "scores",
          List.of(
              Row.of("exact score, logarithmic", "--method=slimgpt"),
              Row.of("exact score, uniform", "--method=slimgpt", "--schedule=uniform"),
              Row.of("grouped score, logarithmic", "--method=slimgpt", "--headScore=grouped"),
              Row.of(
                  "grouped score, uniform",
                  "--method=slimgpt",
                  "--headScore=grouped",
                  "--schedule=uniform")),
          "slimgpt",
          List.of(
              Row.of("exact score, logarithmic", "--method=slimgpt"),
              Row.of("grouped score (the paper's)", "--method=slimgpt", "--headScore=grouped"),
              Row.of("diagonal score (without GCD)", "--method=slimgpt", "--headScore=diagonal"),
              Row.of("authors' group sizes", "--method=slimgpt", "--groupSizes=authors"),
              Row.of("fixed group size (without DGS)", "--method=slimgpt", "--groupSizes=fixed"),
              Row.of("linear", "--method=slimgpt", "--schedule=linear"),
              Row.of("uniform", "--method=slimgpt", "--schedule=uniform"),
              Row.of(
                  "uniform, grouped score",
                  "--method=slimgpt",
                  "--schedule=uniform",
                  "--headScore=grouped"),
              Row.of(
                  "decreasing-logarithmic",
                  "--method=slimgpt",
                  "--schedule=decreasing-logarithmic"),
              Row.of("decreasing-linear", "--method=slimgpt", "--schedule=decreasing-linear")),
          "slimllm",
          List.of(
              Row.of("SlimLLM", "--method=slimllm"),
              Row.of("without greedy search", "--method=slimllm", "--search=none"),
              Row.of("exhaustive search", "--method=slimllm", "--search=exhaustive"),
              Row.of("without regression", "--method=slimllm", "--recovery=none"),
              Row.of("without layer ratios (uniform)", "--method=slimllm", "--schedule=uniform"),
              Row.of("without sparing the lowest 1 %", "--method=slimllm", "--keepLowest=false")));

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
    PipelineOptionsFactory.register(BenchmarkOptions.class);
    PipelineOptionsFactory.register(PruneOptions.class);
    BenchmarkOptions options = CommandLine.options(BenchmarkOptions.class, args);
    List<Row> rows = TABLES.get(options.getTable());
    check(
        rows != null,
        "--table=%s: expected one of %s",
        options.getTable(),
        TABLES.keySet().stream().sorted().toList());
    FileSystems.setDefaultPipelineOptions(options);
    Set<String> own = DeclaredOptions.of(BenchmarkOptions.class).getters().keySet();
    String[] runner =
        Arrays.stream(args)
            .filter(a -> !own.contains(a.substring("--".length()).split("=", 2)[0]))
            .toArray(String[]::new);
    new Benchmark(options, runner).print(rows, System.out);
  }

  /** Prints every row as soon as it is measured. */
  private void print(List<Row> rows, PrintStream out) throws IOException {
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
    for (Row row : rows) {
      List<String> cells = new ArrayList<>(List.of(row.label()));
      for (String ratio : ratios) {
        cells.addAll(cells(row, ratio, seeds));
      }
      List<String> lines = table.row(cells).markdown();
      out.println(lines.get(lines.size() - 1));
    }
  }

  private List<String> cells(Row row, String ratio, List<String> seeds) throws IOException {
    List<String> perplexities = new ArrayList<>();
    double share = 0;
    for (String seed : seeds) {
      try (TemporaryDirectory place = TemporaryDirectory.of(options, "slim-benchmark")) {
        String output = place.path() + "/model";
        try {
          Prune.prune(
              CommandLine.options(PruneOptions.class, arguments(row, ratio, seed, output)),
              new StageTable());
        } catch (BadInputException e) {
          System.err.println(row.label() + " at " + ratio + ": " + e.getMessage());
          return List.of("", "not possible");
        }
        share += PruningJson.read(new FileSystemsStorage(), output).getRemovedShare();
        perplexities.add(String.format(Locale.ROOT, "%.3f", perplexity(output)));
      }
    }
    return List.of(
        String.format(Locale.ROOT, "%.3f", share / seeds.size()), String.join(" ", perplexities));
  }

  private String[] arguments(Row row, String ratio, String seed, String output) {
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

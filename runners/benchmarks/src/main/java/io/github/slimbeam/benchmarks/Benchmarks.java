// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.benchmarks;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.pruning.ProblemSize;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * {@code kernels}, or {@code job SHAPE WINDOWSxLENGTH [--option=value …]}: prints a Markdown table.
 * {@code checkpoint SHAPE RATIO}: makes a model of random weights, narrower by this ratio, and
 * prints where. The first argument of all is where checkpoints are kept, the second the launcher.
 */
public final class Benchmarks {
  private static final List<String> PRODUCTS = List.of("product", "matMul");

  private Benchmarks() {}

  public static void main(String[] arguments) throws Exception {
    Path directory = Files.createDirectories(Path.of(arguments[0]));
    List<String> words = Arrays.asList(arguments).subList(2, arguments.length);
    switch (words.isEmpty() ? "" : words.get(0)) {
      case "kernels" -> kernels(directory);
      case "job" -> {
        int[] windows = JobBenchmark.windows(words.get(2));
        System.out.println(JobBenchmark.header());
        new JobBenchmark(Path.of(arguments[1]), directory)
            .run(Shape.of(words.get(1)), windows[0], windows[1], words.subList(3, words.size()));
      }
      case "checkpoint" -> checkpoint(directory, words.get(1), Double.parseDouble(words.get(2)));
      default ->
          throw new IllegalArgumentException(
              "expected kernels, job SHAPE WINDOWSxLENGTH and options of slim prune, or checkpoint"
                  + " SHAPE RATIO");
    }
  }

  private static void checkpoint(Path directory, String shape, double removed) throws IOException {
    String name = shape + (removed > 0 ? "-" + Math.round(100 * removed) : "");
    Path place = directory.resolve(name);
    if (!Files.exists(place.resolve("config.json"))) {
      new RandomCheckpoint(Shape.of(shape), removed, place).write();
    }
    System.out.println(place);
  }

  private static void kernels(Path directory) throws IOException, RunnerException {
    Path checkpoint = directory.resolve("one-layer");
    if (!Files.exists(checkpoint.resolve("config.json"))) {
      new RandomCheckpoint(Kernels.SHAPE, 0, checkpoint).write();
    }
    Map<String, Double> seconds = new HashMap<>();
    for (RunResult result :
        new Runner(
                new OptionsBuilder()
                    .include(Kernels.class.getName())
                    .jvmArgsAppend(
                        "-D" + Kernels.DIRECTORY + "=" + checkpoint,
                        "-Dai.djl.pytorch.num_threads=1")
                    .build())
            .run()) {
      seconds.put(result.getPrimaryResult().getLabel(), result.getPrimaryResult().getScore());
    }
    double best =
        work().stream()
            .filter(kernel -> PRODUCTS.contains(kernel.name()))
            .mapToDouble(kernel -> kernel.flops() / kernel.seconds(seconds))
            .max()
            .orElseThrow();
    System.out.println(
        "| kernel | TFLOP | GB read or written | seconds | GFLOP/s | of the best product |\n"
            + "|---|---:|---:|---:|---:|---:|");
    for (Work kernel : work()) {
      double time = kernel.seconds(seconds);
      System.out.printf(
          Locale.ROOT,
          "| %s | %.3f | %.2f | %.2f | %.0f | %.0f %% |%n",
          kernel.name(),
          kernel.flops() / 1e12,
          kernel.bytes() / 1e9,
          time,
          kernel.flops() / time / 1e9,
          100 * kernel.flops() / time / best);
    }
  }

  /**
   * What a kernel cannot do without.
   *
   * @param name of its method
   * @param flops of products, factorisations and triangular solves
   * @param bytes of arguments and results, once each
   */
  private record Work(String name, double flops, double bytes) {
    double seconds(Map<String, Double> measured) {
      return requireNonNull(measured.get(name), name);
    }
  }

  private static List<Work> work() {
    double tokens = Kernels.TOKENS;
    double h = Kernels.SHAPE.hidden();
    double n = Kernels.SHAPE.channels();
    double product = 4 * (tokens * h + h * n + tokens * n);
    double prune = 8 * (2 * h * n + 2 * n * n);
    int units = Kernels.SHAPE.heads();
    int channels = Kernels.SHAPE.channels();
    return List.of(
        new Work("product", 2 * tokens * h * n, product),
        new Work("matMul", 2 * tokens * h * n, product),
        new Work("gram", tokens * n * n, 4 * tokens * n + 8 * n * n),
        new Work(
            "attention",
            8 * tokens * h * h + 2 * tokens * Kernels.LENGTH * h,
            4 * (2 * tokens * h + 4 * h * h)),
        new Work("ffn", 6 * tokens * h * n, 4 * (2 * tokens * h + 3 * h * n)),
        new Work("inverse", flops(SublayerKind.FFN, channels, 1, 8), prune),
        new Work("pruneChannels", flops(SublayerKind.FFN, channels, 1, channels / 2), prune),
        new Work(
            "pruneHeads",
            flops(SublayerKind.ATTENTION, units, (int) h / units, units / 2),
            8 * 4 * h * h),
        new Work("read", 0, 3 * h * n * (2 + 4)));
  }

  private static double flops(SublayerKind kind, int units, int unitSize, int removed) {
    return SlimGpt.defaults()
        .cost(new ProblemSize(kind, Kernels.SHAPE.hidden(), units, unitSize, removed))
        .flops();
  }
}

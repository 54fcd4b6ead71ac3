// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The bundled example, pruned by 30 % unless told otherwise. */
public final class ExampleJob {
  public static final Path EXAMPLES =
      Path.of("..", "pipelines", "examples").toAbsolutePath().normalize();

  private ExampleJob() {}

  /** As {@link #prune}, on DirectRunner without the copies it makes to catch changed elements. */
  public static List<String> pruneDirectly(Path output, Path windows, String... more)
      throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--runner=DirectRunner",
                "--enforceImmutability=false",
                "--enforceEncodability=false"));
    options.addAll(List.of(more));
    return prune(output, windows, options.toArray(String[]::new));
  }

  /** Runs the job and returns the lines that it printed. */
  static List<String> prune(Path output, Path windows, String... more) throws IOException {
    return prune(EXAMPLES.resolve("story-llama"), output, windows, more);
  }

  /** As {@link #prune(Path, Path, String...)}, of another model. */
  static List<String> prune(Path model, Path output, Path windows, String... more)
      throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of("--model=" + model, "--calibration=" + windows, "--output=" + output));
    options.addAll(List.of(more));
    if (options.stream().noneMatch(option -> option.startsWith("--kept="))) {
      if (options.stream().noneMatch(option -> option.startsWith("--pruningRatio="))) {
        options.add("--pruningRatio=0.3");
      }
      if (options.stream().noneMatch(option -> option.startsWith("--method="))) {
        options.add("--method=slimgpt");
      }
    }
    return printed(() -> Prune.main(options.toArray(String[]::new)));
  }

  /** A command with its options. */
  @FunctionalInterface
  public interface Job {
    void run() throws IOException;
  }

  /** The lines that a command prints to standard output. */
  public static List<String> printed(Job job) throws IOException {
    PrintStream usual = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream caught = new PrintStream(bytes, true, UTF_8)) {
      System.setOut(caught);
      job.run();
    } finally {
      System.setOut(usual);
    }
    return bytes.toString(UTF_8).lines().toList();
  }

  /** The first windows of the example, in a file. */
  public static Path windows(Path directory, int count) throws IOException {
    Path file = directory.resolve("windows.jsonl");
    try (Stream<String> lines = Files.lines(EXAMPLES.resolve("calibration-windows.jsonl"))) {
      return Files.write(file, lines.limit(count).toList());
    }
  }

  public static JsonNode record(Path output) throws IOException {
    return new ObjectMapper().readTree(output.resolve("pruning.json").toFile());
  }

  /** Kept units of every sub-layer, in order. */
  static List<List<Integer>> kept(Path output) throws IOException {
    List<List<Integer>> all = new ArrayList<>();
    for (JsonNode sublayer : record(output).get("sublayers")) {
      List<Integer> units = new ArrayList<>();
      sublayer.get("kept").forEach(unit -> units.add(unit.asInt()));
      all.add(units);
    }
    return all;
  }

  /** Names of what lies in a directory. */
  public static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }
}

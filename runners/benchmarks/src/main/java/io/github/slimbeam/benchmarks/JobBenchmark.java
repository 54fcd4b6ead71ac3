// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One whole job, {@code slim prune} as users start it: seconds of the clock and of all cores, the
 * most memory, bytes written, and the stages as the job itself tells them.
 *
 * @param launcher {@code runners/slim}
 * @param directory where checkpoints are made, and kept for the next time; results are deleted
 */
record JobBenchmark(Path launcher, Path directory) {
  private static final Pattern TIME = Pattern.compile("(\\d+)m([\\d.]+)s (\\d+)m([\\d.]+)s");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");

  /** What the table says of a job. */
  private record Measured(double wall, double cpu, double peak, double written, List<String> log) {}

  /** Heads the table that rows are of. */
  static String header() {
    return "| shape | windows | wall s | CPU s | peak GiB | work and result GB |\n|---|---|---:|---:|---:|---:|";
  }

  /**
   * Runs it.
   *
   * @param options further ones of the command
   */
  void run(Shape shape, int windows, int length, List<String> options)
      throws IOException, InterruptedException {
    RandomCheckpoint checkpoint = new RandomCheckpoint(shape, 0, directory.resolve(shape.name()));
    if (!Files.exists(checkpoint.directory().resolve("config.json"))) {
      checkpoint.write();
    }
    Path result = Files.createTempDirectory(directory, "result-");
    List<String> command =
        new ArrayList<>(
            List.of(
                launcher.toString(),
                "prune",
                "--model=" + checkpoint.directory(),
                "--calibration=" + checkpoint.windows(windows, length),
                "--sequenceLength=" + length,
                "--output=" + result.resolve("pruned"),
                "--workDirectory=" + result.resolve("work")));
    command.addAll(options);
    try {
      Measured measured = measure(command, result);
      measured.log().forEach(System.err::println);
      System.out.printf(
          Locale.ROOT,
          "| %s | %d × %d | %.1f | %.1f | %.2f | %.1f |%n",
          shape.name(),
          windows,
          length,
          measured.wall(),
          measured.cpu(),
          measured.peak(),
          measured.written());
    } finally {
      delete(result);
    }
  }

  private static Measured measure(List<String> command, Path result)
      throws IOException, InterruptedException {
    Path times = result.resolve("times.txt");
    Path log = result.resolve("log.txt");
    List<String> shell =
        new ArrayList<>(List.of("bash", "-c", "\"$@\"; code=$?; times >\"$0\"; exit $code"));
    shell.add(times.toString());
    shell.addAll(command);
    long begun = System.nanoTime();
    Process process =
        new ProcessBuilder(shell).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long peak = 0;
    while (!process.waitFor(200, TimeUnit.MILLISECONDS)) {
      for (ProcessHandle child : process.descendants().toList()) {
        peak = Math.max(peak, peak(child.pid()));
      }
    }
    double wall = (System.nanoTime() - begun) / 1e9;
    List<String> lines = Files.readAllLines(log);
    if (process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + " failed: " + lines);
    }
    // The shell's own are in the first line, those of what it started in the second.
    Matcher time = TIME.matcher(Files.readAllLines(times).get(1));
    if (!time.find()) {
      throw new IOException("no times in " + times);
    }
    double cpu =
        60 * (Double.parseDouble(time.group(1)) + Double.parseDouble(time.group(3)))
            + Double.parseDouble(time.group(2))
            + Double.parseDouble(time.group(4));
    List<String> stages =
        lines.stream()
            .dropWhile(l -> !l.startsWith("stage "))
            .takeWhile(l -> !l.isBlank())
            .toList();
    return new Measured(wall, cpu, peak / 1048576.0, bytes(stages) / 1e9, stages);
  }

  private static long peak(long pid) {
    try {
      Matcher found = PEAK.matcher(Files.readString(Path.of("/proc", "" + pid, "status")));
      return found.find() ? Long.parseLong(found.group(1)) : 0;
    } catch (IOException e) {
      // It has just ended.
      return 0;
    }
  }

  /** Bytes that the stages count, of lines "name [sequences tokens] bytes seconds". */
  private static double bytes(List<String> stages) {
    return stages.stream()
        .skip(1)
        .takeWhile(line -> !line.startsWith("layer"))
        .map(line -> line.replace(",", "").split("\\s+"))
        .mapToDouble(words -> Double.parseDouble(words[words.length - 2]))
        .sum();
  }

  private static void delete(Path tree) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(tree)) {
      paths = walk.toList();
    }
    for (int i = paths.size() - 1; i >= 0; i--) {
      Files.deleteIfExists(paths.get(i));
    }
  }

  /** The windows of "8x2048". */
  static int[] windows(String text) {
    return Arrays.stream(text.split("x")).mapToInt(Integer::parseInt).toArray();
  }
}

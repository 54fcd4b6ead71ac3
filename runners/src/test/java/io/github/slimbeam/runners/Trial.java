// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A {@code slim prune} that is expected to be refused: the command line as a whole, in this JVM, on
 * a copy of the example model in {@code directory/model}.
 */
final class Trial {
  static final Path EXAMPLES = Path.of("..", "pipelines", "examples").toAbsolutePath().normalize();

  private final Path directory;
  private final Map<String, String> options = new LinkedHashMap<>();

  private Trial(Path directory) {
    this.directory = directory;
  }

  /** A job that would succeed, on DirectRunner. */
  static Trial in(Path directory) throws IOException {
    Trial trial = new Trial(directory);
    Path model = Files.createDirectories(directory.resolve("model"));
    try (Stream<Path> files = Files.list(EXAMPLES.resolve("story-llama"))) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    // Without the copies that DirectRunner makes to catch changed elements.
    return trial
        .with("method", "slimgpt")
        .with("model", model)
        .with("calibration", EXAMPLES.resolve("calibration-windows.jsonl"))
        .with("output", directory.resolve("pruned"))
        .with("sequences", 4)
        .with("shards", 2)
        .with("runner", "DirectRunner")
        .with("enforceImmutability", false)
        .with("enforceEncodability", false);
  }

  /** With another value of an option. */
  Trial with(String option, Object value) {
    options.put(option, value.toString());
    return this;
  }

  /** Without an option. */
  Trial without(String option) {
    options.remove(option);
    return this;
  }

  /** What is printed to standard output meanwhile. */
  static String output(Runnable work) {
    PrintStream usual = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream caught = new PrintStream(bytes, true, UTF_8)) {
      System.setOut(caught);
      work.run();
    } finally {
      System.setOut(usual);
    }
    return bytes.toString(UTF_8);
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  /**
   * Runs, and checks what holds for every bad input: exit code 2, one line, nothing left or
   * changed. Notes and progress do not count as lines.
   */
  void isRefused(String... messageParts) throws IOException {
    Map<String, String> before = tree();
    Said said = run("prune");
    assertThat(said.code()).as(said.lines().toString()).isEqualTo(2);
    assertThat(said.lines()).hasSize(1);
    assertThat(said.lines().get(0)).startsWith("slim prune: ").contains(messageParts);
    assertThat(tree()).isEqualTo(before);
  }

  /**
   * As {@link #isRefused}, of what is met when some sub-layers are pruned already: they are kept,
   * in a place that is said.
   */
  void isRefusedInTheMiddle(String... messageParts) throws IOException {
    Map<String, String> before = tree();
    Said said = run("prune");
    assertThat(said.code()).as(said.lines().toString()).isEqualTo(2);
    assertThat(said.lines()).hasSize(2);
    String work = path("pruned.work").toString();
    assertThat(said.lines().get(0))
        .matches("[1-9] pruned sub-layers are kept in \\Q" + work + "\\E: the same command .*");
    assertThat(said.lines().get(1)).startsWith("slim prune: ").contains(messageParts);
    Map<String, String> after = tree();
    after.keySet().removeIf(path -> path.startsWith(work));
    assertThat(after).isEqualTo(before);
  }

  private Said run(String command) {
    return said(
        Stream.concat(
                Stream.of(command),
                options.entrySet().stream().map(o -> "--" + o.getKey() + "=" + o.getValue()))
            .toArray(String[]::new));
  }

  /** An exit code, and the lines on standard error. */
  record Said(int code, List<String> lines) {}

  /** Runs any command line. */
  static Said said(String... arguments) {
    PrintStream usual = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream caught = new PrintStream(bytes, true, UTF_8)) {
      System.setErr(caught);
      int code = Slim.run(arguments);
      return new Said(
          code,
          bytes
              .toString(UTF_8)
              .lines()
              .filter(l -> !l.matches("sequence length \\d+ is capped .*|.*sub-layer \\d+ of .*"))
              .toList());
    } finally {
      System.setErr(usual);
    }
  }

  /** Every path below the directory, with the time of each file's last change. */
  private Map<String, String> tree() throws IOException {
    Map<String, String> tree = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.filter(p -> !p.equals(directory)).toList()) {
        boolean file = Files.isRegularFile(path);
        tree.put(path.toString(), file ? Files.getLastModifiedTime(path).toString() : "");
      }
    }
    return tree;
  }
}

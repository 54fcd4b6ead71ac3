// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A client in a JVM of its own: a {@code slim} command as the launcher starts it. */
final class SlimProcess implements AutoCloseable {
  private static final long PATIENCE_MINUTES = 8;

  private final List<String> command;
  private final Path output;
  private final Process process;

  /** How it ended, and all that it printed. */
  record Ended(int code, String output) {
    /** Fails with the output unless the code is as expected. */
    Ended with(int expected) {
      assertThat(code).as(output).isEqualTo(expected);
      return this;
    }
  }

  private SlimProcess(List<String> command, Path output, Path configuration) throws IOException {
    this.command = command;
    this.output = output;
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().put("FLINK_CONF_DIR", configuration.toString());
    this.process = builder.start();
    process.getOutputStream().close();
  }

  /** Starts {@code slim args…}; what it prints goes to a new file in a directory. */
  static SlimProcess start(Path directory, String... args) throws IOException {
    return start(directory, Path.of("flink", "cluster"), classPath(), Slim.class.getName(), args);
  }

  /**
   * Starts {@code flink run OPTIONS slim-beam-job.jar args…} with a configuration directory of
   * Flink's.
   */
  static SlimProcess flinkRun(
      Path directory, Path configuration, List<String> options, String... args) throws IOException {
    List<String> words = new ArrayList<>(List.of("run"));
    words.addAll(options);
    words.add(Path.of("target", "slim-beam-job.jar").toString());
    words.addAll(Arrays.asList(args));
    return start(
        directory,
        configuration,
        FlinkInstallation.classPath(),
        "org.apache.flink.client.cli.CliFrontend",
        words.toArray(String[]::new));
  }

  private static SlimProcess start(
      Path directory, Path configuration, String classPath, String main, String... args)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-Xss16m",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=off",
                "-Dslimbeam.verbose=true",
                "-Dslimbeam.flink.conf=" + Path.of("flink", "embedded").toAbsolutePath(),
                "-Dslimbeam.flink.cluster=" + Path.of("flink", "cluster").toAbsolutePath(),
                "-Dslimbeam.job=" + Path.of("target", "slim-beam-job.jar").toAbsolutePath(),
                "-Dai.djl.pytorch.num_threads=1",
                "-Xmx1g",
                "-cp",
                classPath,
                main));
    command.addAll(Arrays.asList(args));
    Files.createDirectories(directory);
    return new SlimProcess(
        command, Files.createTempFile(directory, "client-", ".log"), configuration);
  }

  /** As runners/slim puts it together. */
  private static String classPath() throws IOException {
    Path target = Path.of("target");
    return target.resolve("runners.jar").toAbsolutePath()
        + File.pathSeparator
        + Files.readString(target.resolve("classpath.txt")).trim();
  }

  /** Whether it has not ended. */
  boolean isRunning() {
    return process.isAlive();
  }

  /** Waits for its end. */
  Ended await() throws IOException, InterruptedException {
    boolean ended = process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES);
    assertThat(ended).as("ended in time: %s%n%s", command, output()).isTrue();
    return new Ended(process.exitValue(), output());
  }

  /** What it has printed so far. */
  String output() throws IOException {
    return Files.readString(output);
  }

  /** As Ctrl-C. */
  void interrupt() {
    process.destroy();
  }

  /** As {@code kill -9}. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    kill();
  }
}

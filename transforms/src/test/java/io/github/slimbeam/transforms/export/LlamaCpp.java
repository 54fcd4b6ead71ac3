// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.transforms.storage.Json;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * llama.cpp itself, by {@code runners/clients/llama.mjs}: a process for each file. What it needs is
 * there or the test fails.
 */
public final class LlamaCpp {
  private static final Path FOLDER =
      Path.of("..", "runners", "clients").toAbsolutePath().normalize();

  private LlamaCpp() {}

  /**
   * What it answers.
   *
   * @param request as the script's head describes it
   */
  public static JsonNode compute(Path file, ObjectNode request) throws IOException {
    assertThat(FOLDER.resolve("node_modules").resolve("node-llama-cpp"))
        .as("npm ci in %s installs llama.cpp, as .ci/run does", FOLDER)
        .isDirectory();
    Path asked = Files.createTempFile(file.toAbsolutePath().getParent(), "request", ".json");
    Json.PLAIN.writeValue(asked.toFile(), request);
    Path answer = Path.of(asked + ".answer");
    Path log = Path.of(asked + ".log");
    int code = run(List.of("node", "llama.mjs", "compute", path(file), path(asked)), answer, log);
    assertThat(code).as("%s: %s", file.getFileName(), Files.readString(log)).isZero();
    return Json.PLAIN.readTree(answer.toFile());
  }

  /**
   * What the older one in a JVM of its own prints: of itself, ids of the prompt, then what it
   * writes on.
   */
  public static String continueInJvm(Path file, String prompt, int tokens) throws IOException {
    String jar =
        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.contains("kherud"))
            .findFirst()
            .orElseThrow(() -> new AssertionError("-Pclients brings de.kherud:llama"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Path answer = Path.of(file + ".answer");
    Path log = Path.of(file + ".log");
    String script = "LlamaInJvm.java";
    String unpacked = "-Djava.io.tmpdir=" + path(file.getParent());
    int code =
        run(
            List.of(java, unpacked, "-cp", jar, script, path(file), String.valueOf(tokens), prompt),
            answer,
            log);
    assertThat(code).as("%s: %s", file.getFileName(), Files.readString(log)).isZero();
    return Files.readString(answer);
  }

  private static int run(List<String> command, Path output, Path errors) throws IOException {
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(FOLDER.toFile())
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      try {
        assertThat(process.waitFor(2, TimeUnit.MINUTES)).as("%s ends", command).isTrue();
        return process.exitValue();
      } finally {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new IOException(
          command.get(0) + " does not start: -Pclients needs Node.js 20 or newer", e);
    }
  }

  private static String path(Path file) {
    return file.toAbsolutePath().toString();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code runners/slim} itself, with what {@code package} made. */
@Tag("cluster")
class LauncherTest {
  private static final Path MODEL = Trial.EXAMPLES.resolve("story-llama");

  @TempDir private Path directory;

  /** The first call after a build says that it prepares faster starts. */
  @BeforeAll
  static void prepare() throws Exception {
    Process process =
        new ProcessBuilder(Path.of("slim").toAbsolutePath().toString(), "--version")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
    assertThat(Path.of("target", "classes.jsa")).isNotEmptyFile();
  }

  private record Ended(int code, String out, List<String> err) {}

  private Ended slim(Map<String, String> environment, String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(Path.of("slim").toAbsolutePath().toString()));
    command.addAll(List.of(words));
    Path out = directory.resolve("out.txt");
    Path err = directory.resolve("err.txt");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    builder.environment().putAll(environment);
    Process process = builder.start();
    assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
    return new Ended(
        process.exitValue(), Files.readString(out, UTF_8), Files.readAllLines(err, UTF_8));
  }

  @Test
  void readsWordsAndNamesWhereTheLocaleIsAscii() throws Exception {
    Path model = Files.createDirectories(directory.resolve("modèle"));
    try (Stream<Path> files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, model.resolve(file.getFileName()));
      }
    }
    for (String locale : List.of("POSIX", "C")) {
      Ended ended =
          slim(
              Map.of("LC_ALL", locale),
              "generate",
              "--model=" + model,
              "--prompt=Zoë",
              "--maxTokens=1");
      assertThat(ended.out()).startsWith("Zoë");
      assertThat(ended.code()).isZero();
    }
  }

  @Test
  void saysThatNoTemporaryFilesCanBeKept() throws Exception {
    Ended ended =
        slim(
            Map.of("JAVA_OPTIONS", "-Djava.io.tmpdir=" + directory.resolve("nowhere")),
            "generate",
            "--model=" + MODEL);
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err())
        .singleElement()
        .asString()
        .startsWith("slim: temporary files cannot be kept in " + directory.resolve("nowhere"));
  }

  @Test
  void saysWhichMemoryRanOutInEmbeddedFlink() throws Exception {
    assertThat(failed("-XX:MaxDirectMemorySize=1m"))
        .contains("the job failed: OutOfMemoryError: ", "JAVA_OPTIONS=-XX:MaxDirectMemorySize=4g");
    assertThat(failed("-Xmx70m -XX:MaxDirectMemorySize=1g"))
        .contains("the job failed: OutOfMemoryError: ", "JAVA_OPTIONS=-Xmx16g");
  }

  private String failed(String options) throws Exception {
    Ended ended =
        slim(
            Map.of("JAVA_OPTIONS", options),
            "prune",
            "--model=" + MODEL,
            "--calibration=" + Trial.EXAMPLES.resolve("story-calibration.txt"),
            "--sequenceLength=256",
            "--output=" + directory.resolve("pruned"));
    assertThat(ended.code()).isEqualTo(1);
    return ended.err().stream().filter(l -> l.startsWith("slim prune: ")).findFirst().orElseThrow();
  }

  @Test
  void answers() throws Exception {
    for (String word : List.of("-h", "--help", "help")) {
      assertThat(slim(Map.of(), word).out()).contains("slim prune ", "slim COMMAND --help");
    }
    assertThat(slim(Map.of(), "--version").out())
        .matches("slim-beam [0-9]+\\.[0-9]+\\.[0-9]+\\S*\\R");
    assertThat(slim(Map.of(), "prune", "-h").out()).contains("--model (required)");
  }
}

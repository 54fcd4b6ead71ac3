// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.pipelines.inspect.Inspect;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that are planned of curves which another run measured. */
class CurvesJobTest {
  private static final Path MODEL = ExampleJob.EXAMPLES.resolve("story-llama");
  private static final String CURVES = "removal-curves.avro";
  private static final String[] OURS = {"--method=slimbeam", "--refit=none"};

  @TempDir private Path directory;
  private Path windows;
  private Path measured;

  @BeforeEach
  void measure() throws IOException {
    windows = ExampleJob.windows(directory, 3);
    measured = directory.resolve("measured");
    ExampleJob.pruneDirectly(measured, windows, OURS);
  }

  @Test
  void anotherRatioIsPlannedWithoutADensePassAndGivesTheSameBytes() throws IOException {
    Path expected = directory.resolve("expected");
    prune(expected, windows, "--pruningRatio=0.5");
    Path planned = directory.resolve("planned");
    prune(planned, windows, "--pruningRatio=0.5", "--curves=" + measured);
    for (String file : List.of("model.safetensors", "config.json", CURVES)) {
      assertThat(planned.resolve(file)).hasSameBinaryContentAs(expected.resolve(file));
    }
    assertThat(planned.resolve(CURVES)).hasSameBinaryContentAs(measured.resolve(CURVES));
    assertThat(ExampleJob.kept(planned)).isEqualTo(ExampleJob.kept(expected));
    JsonNode report = new ObjectMapper().readTree(planned.resolve("report.json").toFile());
    assertThat(report.get("stages").findValuesAsText("stage"))
        .containsExactly("embed", "moments", "prune", "forward", "hash", "write");
    assertThat(ExampleJob.record(planned).at("/recipe/options").findValuesAsText("name"))
        .contains("curves");
  }

  /** The plan of the ratio that is asked for, and all tenths. */
  @Test
  void inspectShowsThePlansOfAllRatios() throws IOException {
    JsonNode inspected = inspect("--pruningRatio=0.3");
    assertThat(inspected.at("/plan/known").asBoolean()).isTrue();
    List<List<Integer>> kept = ExampleJob.kept(measured);
    JsonNode tenth = inspected.at("/curves/2");
    assertThat(tenth.get("pruningRatio").asDouble()).isEqualTo(0.3);
    assertThat(tenth.get("parameters")).isEqualTo(inspected.at("/after/parameters/total"));
    for (int layer = 0; layer < 6; layer++) {
      int groups = kept.get(2 * layer).size();
      int channels = kept.get(2 * layer + 1).size();
      for (JsonNode plan :
          List.of(inspected.at("/plan/layers/" + layer), tenth.at("/layers/" + layer))) {
        assertThat(plan.get("groups").asInt()).isEqualTo(groups);
        assertThat(plan.get("channels").asInt()).isEqualTo(channels);
      }
    }
    List<Double> errors = new ArrayList<>();
    inspected.get("curves").forEach(plan -> errors.add(plan.get("error").asDouble()));
    // Of four KV groups one stays, so that nine tenths cannot go.
    assertThat(errors).hasSize(8).isSorted().doesNotHaveDuplicates();
    assertThat(String.join("\n", ExampleJob.printed(() -> Inspect.main(words()))))
        .contains(" --curves=" + measured)
        .containsPattern("layer +0\\.1 +0\\.2 .* 0\\.8\n0 +\\d \\+ \\d+")
        .containsPattern("error +\\d\\.\\d{4} ");
  }

  @Test
  void whatTheCurvesAreNotOfIsRefused() throws IOException {
    Path one = Files.createDirectories(directory.resolve("one"));
    refuses(
        () -> prune(directory.resolve("x"), ExampleJob.windows(one, 2), "--curves=" + measured),
        "--curves are of other calibration windows: 3 of digest ");
    refuses(
        () -> prune(directory.resolve("x"), windows, "--curves=" + measured, "--damping=0.1"),
        "--damping=0.01, --compute=float32, and --headScore=exact, --groupSizes=fixed, --damping=0.1");
    Path other = otherWeights();
    refuses(
        () ->
            ExampleJob.prune(
                other,
                directory.resolve("x"),
                windows,
                "--method=slimbeam",
                "--refit=none",
                "--runner=DirectRunner",
                "--curves=" + measured),
        "--curves are of other weights than those of " + other + ": model.safetensors of SHA-256 ");
    refuses(
        () -> Inspect.main(new String[] {"--model=" + other, "--curves=" + measured}),
        "--curves are of other weights than those of " + other);
    assertThat(ExampleJob.names(directory))
        .as("nothing is left of runs that were refused")
        .containsExactlyInAnyOrder("measured", "one", "other", "windows.jsonl");
  }

  /** A submission that goes on compares what the first one did. */
  @Test
  void aStoppedRunGoesOnWithTheSameCurves() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      drive.breakAfter(60);
      assertThatThrownBy(() -> prune(drive)).isNotNull();
      drive.breakAfter(Integer.MAX_VALUE);
      assertThat(drive.files()).anyMatch(f -> f.matches("pruned.work/pruned/.*avro"));
      prune(drive);
      assertThat(new FileSystemsStorage().read(drive.path("pruned/model.safetensors")))
          .isEqualTo(Files.readAllBytes(measured.resolve("model.safetensors")));
    }
  }

  private void prune(MemoryDrive drive) throws IOException {
    Prune.main(
        Stream.concat(
                Stream.of(OURS),
                Stream.of(
                    "--model=" + MODEL,
                    "--calibration=" + windows,
                    "--output=" + drive.path("pruned"),
                    "--pruningRatio=0.3",
                    "--curves=" + measured.resolve(CURVES),
                    "--runner=DirectRunner"))
            .toArray(String[]::new));
  }

  private static void prune(Path output, Path windows, String... more) throws IOException {
    ExampleJob.pruneDirectly(
        output, windows, Stream.concat(Stream.of(OURS), Stream.of(more)).toArray(String[]::new));
  }

  private JsonNode inspect(String... more) throws IOException {
    String[] words = words(more);
    List<String> printed =
        ExampleJob.printed(
            () ->
                Inspect.main(
                    Stream.concat(Stream.of(words), Stream.of("--json=true"))
                        .toArray(String[]::new)));
    return new ObjectMapper().readTree(String.join("\n", printed));
  }

  private String[] words(String... more) {
    return Stream.concat(Stream.of("--model=" + MODEL, "--curves=" + measured), Stream.of(more))
        .toArray(String[]::new);
  }

  /** The example's weights but for the last one. */
  private Path otherWeights() throws IOException {
    Path other = Files.createDirectories(directory.resolve("other"));
    try (Stream<Path> files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, other.resolve(file.getFileName()));
      }
    }
    try (FileChannel channel =
        FileChannel.open(other.resolve("model.safetensors"), StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {1, 0}), channel.size() - 2);
    }
    return other;
  }

  private static void refuses(ExampleJob.Job job, String message) {
    assertThatThrownBy(job::run)
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }
}

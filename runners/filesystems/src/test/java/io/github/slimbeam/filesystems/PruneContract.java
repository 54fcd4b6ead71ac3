// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.pipelines.prune.Prune;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole job, with model, texts, work and output on a file system that a test class names. */
interface PruneContract {
  Storage STORAGE = new FileSystemsStorage();
  List<String> DIRECTLY =
      List.of(
          "--runner=DirectRunner", "--enforceImmutability=false", "--enforceEncodability=false");

  /** A path on the file system. */
  String path(String name);

  /** What tells Beam where it is. */
  String[] options();

  /** Files and directories below a path, however the file system tells. */
  List<String> everything(String directory) throws IOException;

  /** Which runner makes what is compared, with its options. */
  List<String> runner();

  /** Copies a model and calibration windows to {@code name}. */
  private void copy(Path model, Path windows, String name) throws IOException {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.fromArgs(options()).create());
    for (Path file : files(model)) {
      copyFile(file, path(name + "/model/" + file.getFileName()));
    }
    copyFile(windows, path(name + "/texts/windows.jsonl"));
  }

  private static void copyFile(Path from, String to) throws IOException {
    byte[] content = Files.readAllBytes(from);
    STORAGE.write(to, channel -> Storage.writeFully(channel, ByteBuffer.wrap(content)));
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    }
  }

  private static Path windows(Path directory) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int window = 0; window < 4; window++) {
      int first = window;
      lines.add(
          IntStream.range(0, 16)
              .mapToObj(at -> String.valueOf((first + 1) * (at + 3) % 29 + 1))
              .collect(Collectors.joining(",", "{\"input_ids\":[", "]}")));
    }
    return Files.write(directory.resolve("windows.jsonl"), lines);
  }

  private static void prune(String model, String texts, String output, List<String> more)
      throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--model=" + model,
                "--calibration=" + texts,
                "--output=" + output,
                "--pruningRatio=0.5",
                "--schedule=uniform",
                "--sequenceLength=16",
                "--shards=2"));
    options.addAll(more);
    Prune.main(options.toArray(String[]::new));
  }

  private void pruneThere(String name, List<String> more) throws IOException {
    List<String> options = new ArrayList<>(List.of(options()));
    options.add("--workDirectory=" + path(name + "/work"));
    options.addAll(more);
    prune(path(name + "/model"), path(name + "/texts/*.jsonl"), path(name + "/out"), options);
  }

  @Test
  default void prunesAsOnLocalFilesAndReplacesAFormerModel(@TempDir Path local) throws IOException {
    Path model = local.resolve("model");
    SmallModel.llama().withLayers(2).writeTo(model);
    Path windows = windows(local);
    Path expected = local.resolve("out");
    prune(model.toString(), windows.toString(), expected.toString(), DIRECTLY);

    copy(model, windows, "whole");
    for (String file : List.of("config.json", "pruning.json", "model-00001-of-00002.safetensors")) {
      STORAGE.writeText(path("whole/out/" + file), "{}");
    }
    assertThatThrownBy(() -> pruneThere("whole", DIRECTLY))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "--output=%s exists: choose another directory, or add --overwrite", path("whole/out"));
    List<String> options = new ArrayList<>(runner());
    options.add("--overwrite");
    pruneThere("whole", options);

    List<String> names = new ArrayList<>();
    for (Path file : files(expected)) {
      String there = path("whole/out/" + file.getFileName());
      names.add(there);
      // Record, report and card name paths.
      if (!there.matches(".*/((pruning|report)\\.(json|html)|README\\.md)")) {
        assertThat(STORAGE.read(there)).as(there).isEqualTo(Files.readAllBytes(file));
      }
    }
    assertThat(names).contains(path("whole/out/model.safetensors"));
    assertThat(everything(path("whole/out"))).containsExactlyInAnyOrderElementsOf(names);
    assertThat(everything(path("whole/work"))).isEmpty();
    assertThat(below("whole")).isSubsetOf("model", "texts", "work", "out");
  }

  @Test
  default void leavesNoOutputOfAJobThatFails(@TempDir Path local) throws IOException {
    SmallModel small = SmallModel.llama().withLayers(2);
    float[] nan = new float[24 * 16];
    Arrays.fill(nan, Float.NaN);
    String last = "model.layers.1.mlp.down_proj.weight";
    List<SafetensorsWriter.Source> tensors =
        small.tensors().stream()
            .map(
                tensor ->
                    tensor.name().equals(last)
                        ? SmallModel.source(last, DType.BF16, tensor.shape(), nan)
                        : tensor)
            .toList();
    SmallModel.write(local.resolve("model"), small.config(), tensors);
    copy(local.resolve("model"), windows(local), "failing");
    assertThatThrownBy(() -> pruneThere("failing", DIRECTLY))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("tensor " + last + " contains NaN or infinite values");
    assertThat(below("failing")).containsExactlyInAnyOrder("model", "texts", "work");
  }

  /** Names right below a directory. */
  private Set<String> below(String name) throws IOException {
    int start = path(name + "/").length();
    return everything(path(name)).stream()
        .map(path -> path.substring(start).split("/", 2)[0])
        .collect(Collectors.toSet());
  }
}

package io.github.slimbeam.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.pipelines.Prune;
import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole job, with model, texts, work and output on a file system that a test class names. */
interface PruneContract {
  Path EXAMPLES = Path.of("..", "pipelines", "examples").toAbsolutePath().normalize();
  Storage STORAGE = new FileSystemsStorage();

  /** A path on the file system. */
  String path(String name);

  /** What tells Beam where it is. */
  String[] options();

  /** Files and directories below a path, however the file system tells. */
  List<String> everything(String directory) throws IOException;

  /** Which runner, with its options. */
  List<String> runner();

  /** The example model and a few windows of calibration, copied to {@code name}. */
  private void copyExample(String name) throws IOException {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.fromArgs(options()).create());
    try (Stream<Path> files = Files.list(EXAMPLES.resolve("story-llama"))) {
      for (Path file : files.toList()) {
        write(path(name + "/model/" + file.getFileName()), Files.readAllBytes(file));
      }
    }
    STORAGE.writeText(path(name + "/texts/windows.jsonl"), windows());
    List<String> held = Files.readAllLines(EXAMPLES.resolve("story-heldout.txt"));
    STORAGE.writeText(path(name + "/texts/held.txt"), String.join("\n", held.subList(0, 30)));
  }

  private static String windows() throws IOException {
    Path windows = EXAMPLES.resolve("calibration-windows.jsonl");
    try (Stream<String> lines = Files.lines(windows)) {
      return String.join("\n", lines.limit(4).toList());
    }
  }

  private static void write(String path, byte[] content) throws IOException {
    STORAGE.write(path, channel -> Storage.writeFully(channel, ByteBuffer.wrap(content)));
  }

  private static void prune(String model, String texts, String output, List<String> more)
      throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--model=" + model,
                "--calibration=" + texts,
                "--output=" + output,
                "--pruningRatio=0.3",
                "--shards=2"));
    options.addAll(more);
    Prune.main(options.toArray(String[]::new));
  }

  private void pruneThere(String name, String... more) throws IOException {
    List<String> options = new ArrayList<>(List.of(options()));
    options.add("--workDirectory=" + path(name + "/work"));
    options.addAll(runner());
    options.addAll(List.of(more));
    prune(path(name + "/model"), path(name + "/texts/*.jsonl"), path(name + "/out"), options);
  }

  @Test
  default void prunesAsOnLocalFilesAndReplacesAFormerModel(@TempDir Path local) throws IOException {
    String name = "whole";
    Path texts = Files.writeString(local.resolve("windows.jsonl"), windows());
    Path expected = local.resolve("out");
    prune(
        EXAMPLES.resolve("story-llama").toString(),
        texts.toString(),
        expected.toString(),
        List.of("--runner=DirectRunner", "--enforceImmutability=false"));

    copyExample(name);
    List<String> former = List.of("config.json", "pruning.json", "former.safetensors");
    for (String file : former) {
      STORAGE.writeText(path(name + "/out/" + file), "{}");
    }
    assertThatThrownBy(() -> pruneThere(name))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exists: choose another directory, or add --overwrite");
    pruneThere(name, "--overwrite", "--evaluation=" + path(name + "/texts/held*"));

    List<String> names = new ArrayList<>();
    try (Stream<Path> files = Files.list(expected)) {
      for (Path file : files.sorted().toList()) {
        String leaf = file.getFileName().toString();
        names.add(path(name + "/out/" + leaf));
        if (!leaf.equals("pruning.json")) {
          assertThat(STORAGE.read(path(name + "/out/" + leaf)))
              .as(leaf)
              .isEqualTo(Files.readAllBytes(file));
        }
      }
    }
    assertThat(everything(path(name + "/out"))).containsExactlyInAnyOrderElementsOf(names);
    assertThat(below(name)).isSubsetOf("model", "texts", "work", "out");
    assertThat(everything(path(name + "/work"))).isEmpty();
  }

  @Test
  default void leavesNoOutputOfAJobThatFails() throws IOException {
    String name = "failing";
    copyExample(name);
    String weights = path(name + "/model/model.safetensors");
    byte[] damaged = STORAGE.read(weights);
    // NaN in BF16 and in F32, in the last tensors of the file.
    for (int i = damaged.length - (1 << 14); i < damaged.length; i++) {
      damaged[i] = (byte) 0xff;
    }
    write(weights, damaged);
    assertThatThrownBy(() -> pruneThere(name))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("contains NaN or infinite values");
    assertThat(below(name)).containsExactlyInAnyOrder("model", "texts", "work");
  }

  /** What was made beside the inputs; the parent of work directories may stay, empty. */
  private Set<String> below(String name) throws IOException {
    int start = path(name + "/").length();
    return everything(path(name)).stream()
        .map(path -> path.substring(start).split("/", 2)[0])
        .collect(Collectors.toSet());
  }
}

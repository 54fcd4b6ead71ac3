// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.HandPruned;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a pruned model's directory holds once it is finished. */
class PrunedModelDirectoryTest {
  private static final String DENSE = "dense";
  private static final String OUTPUT = "pruned";

  @TempDir Path directory;

  @Test
  void aFormerModelIsReplacedAndNothingElseOfTheDirectory() throws IOException {
    Path source = directory.resolve(DENSE);
    Model dense = SmallModel.llama().writeTo(source);
    Files.writeString(source.resolve("tokenizer.json"), "{}");
    Files.writeString(source.resolve("LICENSE.txt"), "free");
    Files.writeString(source.resolve("modeling_evil.py"), "import os");
    Files.createDirectories(directory.resolve(OUTPUT));
    Files.writeString(directory.resolve(OUTPUT).resolve("model-00001-of-00002.safetensors"), "");
    Files.writeString(directory.resolve(OUTPUT).resolve("notes.txt"), "a user's");
    write(dense, prune(dense, directory), directory, PrunedCheckpoint.MAX_FILE);
    try (Stream<Path> files = Files.list(directory.resolve(OUTPUT))) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.json",
              "model.safetensors",
              "modeling_slim_llama.py",
              "pruning.json",
              "tokenizer.json",
              "LICENSE.txt",
              "notes.txt");
    }
    assertThat(directory.resolve("staging")).doesNotExist();
    assertThat(
            new ObjectMapper().readTree(directory.resolve(OUTPUT).resolve("pruning.json").toFile()))
        .hasToString(new ObjectMapper().readTree(record(dense).toString()).toString());
    byte[] licence = "free".getBytes(UTF_8);
    assertThat(
            PrunedModelDirectory.hash(
                ExampleModel.STORAGE, directory.resolve(OUTPUT).toString(), "LICENSE.txt"))
        .isEqualTo(
            new CheckpointFile("LICENSE.txt", 4L, HexFormat.of().formatHex(Sha256.of(licence))));
  }

  static List<PrunedSublayer> prune(Model model, Path work) throws IOException {
    List<Integer> all = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      if (i < 4 || i > 7) {
        all.add(i);
      }
    }
    return List.of(
        HandPruned.keep(model, work, 0, SublayerKind.ATTENTION, 1),
        HandPruned.keep(model, work, 1, SublayerKind.FFN, all.toArray(Integer[]::new)),
        HandPruned.keep(model, work, 2, SublayerKind.ATTENTION, 0),
        HandPruned.keep(model, work, 2, SublayerKind.FFN, 0, 9, 23));
  }

  static Model write(Model model, List<PrunedSublayer> pruned, Path place, long maxFile)
      throws IOException {
    PrunedModelDirectory directory =
        new PrunedModelDirectory(
            ExampleModel.STORAGE,
            place.resolve("staging").toString(),
            place.resolve(OUTPUT).toString());
    PrunedCheckpoint checkpoint = new PrunedCheckpoint(model, pruned, maxFile);
    for (PrunedCheckpoint.WeightFile file : checkpoint.files()) {
      directory.write(file);
    }
    directory.finish(model, checkpoint, record(model), Optional.empty());
    return Model.open(ExampleModel.STORAGE, directory.output());
  }

  static PruningRecord record(Model model) {
    return new PruningRecord(
        model.checkpoint().directory(),
        List.of(),
        new PruningRecipe("by hand", List.of()),
        "none",
        null,
        new CalibrationDigest(0L, ""),
        0L,
        0L,
        0.0,
        List.of(),
        List.of());
  }
}

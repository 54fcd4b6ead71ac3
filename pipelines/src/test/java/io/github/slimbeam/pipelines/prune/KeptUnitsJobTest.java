// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that take the units that another run kept. */
class KeptUnitsJobTest {
  @TempDir private Path directory;

  /** The weights are others, the units the same, and no sub-layer is chosen from. */
  @Test
  void theUnitsOfAnotherRunGetOurTargetAndRefit() throws IOException {
    Path windows = ExampleJob.windows(directory, 4);
    Path chosen = directory.resolve("chosen");
    ExampleJob.pruneDirectly(chosen, windows, "--method=magnitude", "--schedule=linear");
    Path given = directory.resolve("given");
    ExampleJob.pruneDirectly(given, windows, "--kept=" + chosen.resolve("pruning.json"));
    assertThat(ExampleJob.kept(given)).isEqualTo(ExampleJob.kept(chosen));
    JsonNode record = ExampleJob.record(given);
    assertThat(record.at("/recipe/method").asText()).isEqualTo("kept");
    assertThat(record.at("/recipe/options").findValuesAsText("name"))
        .containsExactly(
            "recovery",
            "target",
            "refit",
            "refitRounds",
            "kept",
            "calibration",
            "sequenceLength",
            "seed",
            "shards");
    assertThat(record.get("removedShare")).isEqualTo(ExampleJob.record(chosen).get("removedShare"));
    assertThat(record.at("/sublayers/11/refitErrors")).isNotEmpty();
    assertThat(given.resolve("report.html")).content().contains("kept");
  }

  /** Whatever the file is called: what it says decides. */
  @Test
  void aStoppedRunGoesOnWithTheSameUnitsAndNoOthers() throws IOException {
    Path windows = ExampleJob.windows(directory, 2);
    Path units = directory.resolve("units.json");
    try (MemoryDrive drive = MemoryDrive.open()) {
      Files.writeString(units, units(7));
      prune(drive, windows, units, "whole");
      drive.breakAfter(40);
      assertThatThrownBy(() -> prune(drive, windows, units, "pruned")).isNotNull();
      drive.breakAfter(Integer.MAX_VALUE);
      assertThat(drive.files()).anyMatch(f -> f.matches("pruned.work/pruned/.*avro"));
      Files.writeString(units, units(8));
      assertThatThrownBy(() -> prune(drive, windows, units, "pruned"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("holds an unfinished run that was asked something else: plan was ");
      Files.writeString(units, units(7));
      prune(drive, windows, units, "pruned");
      FileSystemsStorage storage = new FileSystemsStorage();
      assertThat(storage.read(drive.path("pruned/model.safetensors")))
          .isEqualTo(storage.read(drive.path("whole/model.safetensors")));
    }
  }

  private static String units(int channel) {
    String layer = "{\"groups\": [1, 3], \"channels\": [0, " + channel + ", 350]}";
    return "{\"layers\": [" + (layer + ", ").repeat(5) + layer + "]}";
  }

  private static void prune(MemoryDrive drive, Path windows, Path units, String output)
      throws IOException {
    Prune.main(
        new String[] {
          "--model=" + ExampleJob.EXAMPLES.resolve("story-llama"),
          "--calibration=" + windows,
          "--output=" + drive.path(output),
          "--kept=" + units,
          "--target=self",
          "--refit=none",
          "--shards=2",
          "--runner=DirectRunner"
        });
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneModelTest {
  private static final FileSystemsStorage STORAGE = new FileSystemsStorage();

  @TempDir private Path directory;

  @BeforeAll
  static void registerFileSystems() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void writesTheWeightsOfThePlainLoopAndEmptiesItsWorkDirectory() throws IOException {
    SmallRun run = SmallRun.in(directory);
    SmallRun plain = run.again();
    String output = directory.resolve("pruned").toString();
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    try (WritableByteChannel channel = Channels.newChannel(expected)) {
      new PrunedCheckpoint(run.model(), PlainPruning.run(plain), PrunedCheckpoint.MAX_FILE)
          .files()
          .get(0)
          .writeTo(channel);
    }
    prune(run, output);
    assertThat(STORAGE.read(output + "/model.safetensors")).isEqualTo(expected.toByteArray());
    assertThat(Model.open(STORAGE, output).config().layers())
        .allSatisfy(
            layer -> {
              assertThat(layer.heads()).isEqualTo(2);
              assertThat(layer.groups()).isEqualTo(1);
              assertThat(layer.channels()).isEqualTo(12);
            });
    assertThat(STORAGE.list(run.work().directory(), "**")).isEmpty();
    assertThat(STORAGE.list(directory.toString(), "pruned.partial*/**")).isEmpty();
  }

  @Test
  void keepsTheSameUnitsWhateverTheShards() throws IOException {
    Map<Integer, String> kept = new HashMap<>();
    int inUse = SharedWeights.inUse();
    for (int shards : new int[] {1, 3, 16}) {
      String output = directory.resolve("pruned-" + shards).toString();
      prune(SmallRun.in(directory).withShards(shards), output);
      JsonNode record = new ObjectMapper().readTree(STORAGE.read(output + "/pruning.json"));
      assertThat(SharedWeights.inUse()).as("leases that DirectRunner holds").isEqualTo(inUse);
      kept.put(shards, record.get("sublayers").findValues("kept").toString());
    }
    assertThat(kept.get(3)).isEqualTo(kept.get(1)).contains("[[");
    assertThat(kept.get(16)).isEqualTo(kept.get(1));
  }

  @Test
  void worksWhollyOnAnObjectStore() throws IOException {
    String local = directory.resolve("pruned").toString();
    prune(SmallRun.in(directory), local);
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      prune(run, drive.path("pruned"));
      assertThat(STORAGE.read(drive.path("pruned/model.safetensors")))
          .isEqualTo(STORAGE.read(local + "/model.safetensors"));
      assertThat(drive.files())
          .containsExactly(
              "model/config.json",
              "model/model.safetensors",
              "pruned/config.json",
              "pruned/model.safetensors",
              "pruned/pruning.json");
      assertThat(drive.renamed()).endsWith("pruned/config.json");
    }
  }

  @Test
  void writesNothingIntoADirectoryThatIsNotItsOwn() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      STORAGE.writeText(STORAGE.resolve(run.work().directory(), "notes.txt"), "a user's");
      List<String> before = List.copyOf(drive.files());
      assertThatThrownBy(() -> prune(run, drive.path("pruned")))
          .hasCauseInstanceOf(BadInputException.class)
          .hasStackTraceContaining("is no work directory of a run");
      assertThat(drive.files()).containsExactlyElementsOf(before);
    }
  }

  @Test
  void saysThatThereIsNoSpaceLeftAndLeavesNoOutput() throws IOException {
    long needed;
    try (MemoryDrive drive = MemoryDrive.open()) {
      prune(SmallRun.on(drive), drive.path("pruned"));
      needed = drive.written();
    }
    for (double share : new double[] {0.3, 0.7, 0.99}) {
      try (MemoryDrive drive = MemoryDrive.open((long) (needed * share))) {
        SmallRun run = SmallRun.on(drive);
        assertThatThrownBy(() -> prune(run, drive.path("pruned")))
            .as("room for %s of what is needed", share)
            .hasCauseInstanceOf(BadInputException.class)
            .hasStackTraceContaining("no space left while writing " + drive.path(""));
        assertThat(drive.files()).noneMatch(f -> f.startsWith("pruned/"));
      }
    }
  }

  private static void prune(SmallRun run, String output) {
    List<TokenSequence> windows = run.windows();
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(windows).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(PruneModel.in(run.work(), SmallRun.METHOD, run.plan(), output));
    pipeline.run();
  }
}

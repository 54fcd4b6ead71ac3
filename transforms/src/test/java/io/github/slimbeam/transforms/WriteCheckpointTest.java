// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.WrittenCheckpoint;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.HandPruned;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.storage.Sha256;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.View;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriteCheckpointTest {
  private static final FileSystemsStorage STORAGE = new FileSystemsStorage();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long MAX_FILE = 3000;

  @TempDir private Path directory;
  private SmallRun run;
  private List<PrunedSublayer> sublayers;
  private String output;

  @BeforeEach
  void prunePlainly() throws IOException {
    run = SmallRun.in(directory);
    sublayers = PlainPruning.run(run);
    output = directory.resolve("pruned").toString();
  }

  @Test
  void writesSeveralFilesWithTheirIndexAndHashes() throws IOException {
    STORAGE.writeText(output + "/model-00009-of-00009.safetensors", "of a former checkpoint");
    STORAGE.writeText(directory.resolve("model/tokenizer.json").toString(), "{ \"as\":  \"is\" }");
    write();
    List<PrunedCheckpoint.WeightFile> files =
        new PrunedCheckpoint(run.model(), sublayers, MAX_FILE).files();
    assertThat(files).hasSizeGreaterThan(2);
    List<String> expected =
        new ArrayList<>(
            List.of(
                "config.json", "model.safetensors.index.json", "pruning.json", "tokenizer.json"));
    files.forEach(f -> expected.add(f.name()));
    assertThat(STORAGE.list(output, "*"))
        .containsExactlyInAnyOrderElementsOf(
            expected.stream().map(name -> output + "/" + name).toList());
    assertThat(STORAGE.read(output + "/tokenizer.json"))
        .isEqualTo(STORAGE.read(directory + "/model/tokenizer.json"));
    Model pruned = Model.open(STORAGE, output);
    PrunedSublayer last = sublayers.get(sublayers.size() - 1);
    String closing = pruned.closing(1, last.getReport().getSublayer().getKind());
    assertThat(pruned.checkpoint().tensors().get(closing).shape())
        .isEqualTo(last.getWeight().getShape());
    String untouched = "model.layers.1.input_layernorm.weight";
    assertThat(HandPruned.bytes(pruned, untouched))
        .isEqualTo(HandPruned.bytes(run.model(), untouched));
  }

  @Test
  void recordsHowTheModelCameToBe() throws IOException {
    write();
    JsonNode record = JSON.readTree(STORAGE.read(output + "/pruning.json"));
    assertThat(record.get("model").asText()).isEqualTo(run.work().model());
    assertThat(record.at("/recipe/options/0/name").asText()).isEqualTo("seed");
    assertThat(record.at("/windows/texts").asInt()).isEqualTo(14);
    assertThat(record.get("schedule").asText()).isEqualTo("uniform");
    assertThat(record.get("removedShare").asDouble())
        .isEqualTo(Plans.removedShare(run.model().config(), run.plan()));
    assertThat(record.get("parametersBefore").asLong())
        .isEqualTo(run.model().config().parameters(run.model().config().layers()));
    Model pruned = Model.open(STORAGE, output);
    assertThat(record.get("parametersAfter").asLong())
        .isEqualTo(pruned.config().parameters(pruned.config().layers()));
    assertThat(record.at("/modelFiles/0/sha256").asText())
        .isEqualTo(sha256(directory + "/model/model.safetensors"));
    assertThat(record.get("sublayers")).hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(record.get("sublayers").get(i))
          .isEqualTo(JSON.readTree(sublayers.get(i).getReport().toString()));
    }
  }

  private void write() {
    Pipeline pipeline = Pipeline.create();
    PAssert.thatSingleton(
            pipeline
                .apply(Create.of(sublayers).withCoder(AvroCoder.specific(PrunedSublayer.class)))
                .apply(
                    WriteCheckpoint.to(
                            output + "/",
                            run.work(),
                            pipeline
                                .apply(
                                    "Plan",
                                    Create.of(run.plan())
                                        .withCoder(AvroCoder.specific(PruningPlan.class)))
                                .apply("Plan view", View.asSingleton()),
                            new PruningRecipe("slimgpt", List.of(new RecipeOption("seed", "0"))),
                            pipeline
                                .apply(
                                    "Windows",
                                    Create.of(new CalibrationDigest(14L, "ab"))
                                        .withCoder(AvroCoder.specific(CalibrationDigest.class)))
                                .apply("Windows view", View.asSingleton()))
                        .withMaxFile(MAX_FILE)))
        .satisfies(WriteCheckpointTest::hasTheFilesHashes);
    pipeline.run();
  }

  private static Void hasTheFilesHashes(WrittenCheckpoint written) {
    assertThat(written.getFiles())
        .hasSizeGreaterThan(2)
        .allSatisfy(
            file ->
                assertThat(file.getSha256())
                    .isEqualTo(sha256(written.getPath() + "/" + file.getName())));
    return null;
  }

  private static String sha256(String path) throws IOException {
    return HexFormat.of().formatHex(Sha256.of(STORAGE.read(path)));
  }
}

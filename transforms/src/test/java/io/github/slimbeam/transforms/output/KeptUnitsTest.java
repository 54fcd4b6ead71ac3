// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Of a model of one layer: 4 query heads on 2 key-value heads, 24 channels. */
class KeptUnitsTest {
  private static final String GROUPS =
      "{\"layers\": [{\"groups\": [1], \"channels\": [0, 5, 23]}]}";

  @TempDir private Path directory;

  @Test
  void theLeastThatAnotherToolWrites() throws IOException {
    PruningPlan plan = plan(GROUPS);
    assertThat(plan.getSchedule()).isEqualTo("kept");
    assertThat(plan.getTargets().stream().map(SublayerTarget::getKept))
        .containsExactly(List.of(1), List.of(0, 5, 23));
    assertThat(plan.getTargets().stream().map(SublayerTarget::getUnits)).containsExactly(2, 24);
    assertThat(plan.getTargets().stream().map(SublayerTarget::getRemoved)).containsExactly(1, 21);
    assertThat(plan.getTargets().get(0).getRatio()).isEqualTo(0.5);
    assertThat(plan(GROUPS.replace("\"groups\": [1]", "\"heads\": [2, 3]"))).isEqualTo(plan);
  }

  @Test
  void aRecordOfOursInAFileOrItsDirectory() throws IOException {
    Path file = Files.writeString(directory.resolve("pruning.json"), record(24));
    PruningPlan plan = read(file, config());
    assertThat(plan.getTargets().stream().map(SublayerTarget::getKept))
        .containsExactly(List.of(0), List.of(2, 3));
    assertThat(read(directory, config())).isEqualTo(plan);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1] | [2] | layers[0].groups: 2, expected numbers from 0 to 1",
        "[1] | [-1] | layers[0].groups: -1, expected numbers from 0 to 1",
        "[1] | [] | layers[0].groups: empty, but one at least must stay",
        "[1] | [1, 1] | layers[0].groups: 1 after 1, expected ascending numbers, each once",
        "[1] | 1 | layers[0].groups: expected a list of numbers",
        "[1] | [0.5] | layers[0].groups[0]: expected a whole number",
        "[0, 5, 23] | [0, 24] | layers[0].channels: 24, expected numbers from 0 to 23",
        "[0, 5, 23] | [5, 0] | layers[0].channels: 0 after 5, expected ascending numbers",
        "channels | chanels | layers[0].channels: expected a list of numbers",
        "groups | kv | layers[0]: expected \"groups\" or \"heads\", one of them",
        "\"channels\" | \"heads\": [0], \"channels\" | expected \"groups\" or \"heads\", one of them",
        "\"groups\": [1] | \"heads\": [1, 2] | layers[0].heads: of the query heads 0 to 1, which share a key-value head",
        "\"groups\": [1] | \"heads\": [4] | layers[0].heads: 4, expected numbers from 0 to 3",
        "[{ | [{}, { | layers: of 2 layers, but the model has 1",
        "layers | strata | expected a pruning.json with its \"sublayers\", or a list of \"layers\"; found neither",
        "}]} | }]}} | not valid JSON",
      })
  void namesWhatCannotBe(String good, String bad, String message) throws IOException {
    assertThat(GROUPS).contains(good);
    refuses(GROUPS.replace(good, bad), config(), message);
  }

  @Test
  void namesARecordOfAnotherModel() throws IOException {
    refuses(record(25), config(), "sublayers[1]: of 25 units, but layer 0 FFN of the model has 24");
    refuses(
        record(24),
        SmallModel.llama().withLayers(2).writeTo(directory.resolve("two")).config(),
        "sublayers: of 1 layers, but the model has 2");
    refuses("{\"sublayers\": []}", config(), "model: missing");
  }

  /** Norms over all heads would be others. */
  @Test
  void headsOfAFamilyThatKeepsThemStay() throws IOException {
    ModelConfig olmo = new FamilyFixture("olmo2").open().config();
    String layer =
        "{\"heads\": %s, \"channels\": [0]}".repeat(olmo.layers().size()).replace("}{", "}, {");
    String all = "{\"layers\": [" + layer + "]}";
    refuses(
        all.replace("%s", "[0, 1]"), olmo, "layers[0].heads: 1 of ", "the query and key norms of");
    assertThat(
            read(
                    Files.writeString(
                        directory.resolve("all.json"), all.replace("%s", "[0, 1, 2, 3]")),
                    olmo)
                .getTargets()
                .get(0)
                .getRemoved())
        .isZero();
  }

  @Test
  void namesAFileThatIsNotThere() {
    Path nowhere = directory.resolve("nowhere.json");
    assertThatThrownBy(() -> read(nowhere, config()))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "kept=%s: expected a JSON file of kept units, or the directory of a pruned model; there is neither",
            nowhere);
  }

  /** Of a run that kept the first KV group and two of so many channels. */
  private static String record(int channels) throws IOException {
    return PruningJson.text(
        new PruningRecord(
            "model",
            List.of(),
            new PruningRecipe("slimgpt", List.of()),
            "uniform",
            null,
            new CalibrationDigest(1L, "cd"),
            2L,
            1L,
            0.5,
            List.of(
                sublayer(SublayerKind.ATTENTION, 2, List.of(0)),
                sublayer(SublayerKind.FFN, channels, List.of(2, 3))),
            List.of()));
  }

  private static SublayerReport sublayer(SublayerKind kind, int units, List<Integer> kept) {
    return SublayerReport.newBuilder()
        .setSublayer(new SublayerKey(0, kind))
        .setUnits(units)
        .setKept(kept)
        .setReconstructionError(0)
        .setDamping(0)
        .setDampingRaised(0)
        .setTokens(1)
        .setSeconds(0)
        .build();
  }

  private void refuses(String json, ModelConfig dense, String... parts) throws IOException {
    Path file = Files.writeString(directory.resolve("units.json"), json);
    assertThatThrownBy(() -> read(file, dense))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContainingAll(parts);
  }

  private PruningPlan plan(String json) throws IOException {
    return read(Files.writeString(directory.resolve("units.json"), json), config());
  }

  private ModelConfig config() throws IOException {
    return SmallModel.llama().withLayers(1).writeTo(directory.resolve("model")).config();
  }

  private static PruningPlan read(Path path, ModelConfig dense) throws IOException {
    return KeptUnits.plan(ExampleModel.STORAGE, path.toString(), dense);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class PruningJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static PruningRecord record(double error) {
    return new PruningRecord(
        "models/ü \"quoted\"",
        List.of(new CheckpointFile("model.safetensors", 1L << 40, "ab")),
        new PruningRecipe("slimgpt", List.of(new RecipeOption("seed", "0"))),
        "uniform",
        null,
        new CalibrationDigest(14L, "cd"),
        7_000_000_000L,
        6_000_000_000L,
        0.3,
        List.of(sublayer(SublayerKind.ATTENTION, error), sublayer(SublayerKind.FFN, 0.1)),
        List.of());
  }

  private static SublayerReport sublayer(SublayerKind kind, double error) {
    List<Double> scores = Collections.nCopies(PruningJson.QUANTILES, 0.5);
    return new SublayerReport(
        new SublayerKey(0, kind),
        4,
        List.of(0, 2),
        error,
        0.01,
        1,
        128L,
        16,
        0.5,
        scores,
        scores,
        List.of(0.5, error),
        List.of());
  }

  private static ObjectNode tree(double error) throws IOException {
    return (ObjectNode) JSON.readTree(PruningJson.text(record(error)));
  }

  @Test
  void comesBackFromItsFileAsItWas() throws IOException {
    for (double error : new double[] {0.25, 0, 1e-300, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThat(PruningJson.of(tree(error), "pruning.json")).isEqualTo(record(error));
    }
  }

  @Test
  void takesFilesOfEarlierAndLaterVersions() throws IOException {
    ObjectNode json = tree(0.25).put("fromTomorrow", 1);
    json.remove("texts");
    ObjectNode sublayer = (ObjectNode) json.at("/sublayers/0");
    sublayer.remove(List.of("columns", "keptScores"));
    sublayer.putNull("removedScores");
    SublayerReport read = PruningJson.of(json, "pruning.json").getSublayers().get(0);
    assertThat(read.getColumns()).isZero();
    assertThat(read.getKeptScores()).isEmpty();
    assertThat(read.getRemovedScores()).isEmpty();
  }

  @Test
  void namesTheFieldThatItCannotUse() throws IOException {
    refused(tree(0).put("model", 1), "model: expected a text, found 1");
    refused(tree(0).put("parametersAfter", 0.5), "parametersAfter: expected a whole number");
    refused(tree(0).put("removedShare", "much"), "removedShare: expected a number, found \"much\"");
    refused(tree(0).putNull("windows"), "windows: missing");
    refused(tree(0).put("texts", 3), "texts: expected an object, found 3");
    ObjectNode units = tree(0);
    ((ObjectNode) units.at("/sublayers/1")).putArray("kept").addNull();
    refused(units, "sublayers[1].kept[0]: missing");
  }

  private static void refused(ObjectNode json, String message) {
    assertThatThrownBy(() -> PruningJson.of(json, "pruning.json"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("pruning.json: " + message);
  }
}

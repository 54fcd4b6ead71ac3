// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.List;

/** How a pruned model came to be, as the file in its directory: written and read here alone. */
public final class PruningJson {
  /** Name of the file in a pruned model's directory. */
  public static final String FILE = "pruning.json";

  /** Quantiles of scores that a sub-layer has, where it has any: 0, 1/16, …, 1. */
  public static final int QUANTILES = 17;

  private PruningJson() {}

  /** The record as indented Json.PLAIN. */
  static String text(PruningRecord record) throws IOException {
    return Json.PLAIN.readTree(record.toString()).toPrettyString() + "\n";
  }

  /**
   * Reads the file of a pruned model.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the field that is
   *     missing or makes no sense
   */
  public static PruningRecord read(Storage storage, String directory) throws IOException {
    String path = storage.resolve(directory, FILE);
    return of(Json.PLAIN.readTree(storage.read(path)), path);
  }

  /**
   * Understands the file's content, that of former versions included.
   *
   * @param where its path, for messages
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the field that is
   *     missing or makes no sense
   */
  public static PruningRecord of(JsonNode json, String where) {
    PruningRecord record = RecordJson.read(json, PruningRecord.class, where);
    List<SublayerReport> sublayers = record.getSublayers();
    check(!sublayers.isEmpty(), "%s: sublayers: expected at least one layer, found none", where);
    check(
        sublayers.size() % 2 == 0,
        "%s: sublayers: expected two for each layer, found %d",
        where,
        sublayers.size());
    for (int i = 0; i < sublayers.size(); i++) {
      checkSublayer(sublayers.get(i), i, where + ": sublayers[" + i + "]");
    }
    return record;
  }

  private static void checkSublayer(SublayerReport found, int position, String where) {
    SublayerKind kind = SublayerKind.values()[position % 2];
    SublayerKey key = found.getSublayer();
    check(
        key.getLayer() == position / 2 && key.getKind() == kind,
        "%s: expected layer %d, %s; found layer %d, %s",
        where,
        position / 2,
        kind,
        key.getLayer(),
        key.getKind());
    check(
        found.getUnits() > 0 && found.getKept().size() <= found.getUnits(),
        "%s: %d kept of %d units",
        where,
        found.getKept().size(),
        found.getUnits());
    for (List<Double> scores : List.of(found.getKeptScores(), found.getRemovedScores())) {
      check(
          scores.isEmpty() || scores.size() == QUANTILES,
          "%s: expected %d quantiles of scores or none, found %d",
          where,
          QUANTILES,
          scores.size());
    }
  }
}

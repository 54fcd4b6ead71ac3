// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.report.PruningFigures;
import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.pipelines.report.Table;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.output.PruningJson;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a run did, layer by layer, read back from the model that it wrote. */
final class PruningTable {
  private PruningTable() {}

  static void print(PrintStream out, Storage storage, String model) throws IOException {
    PruningRecord record = PruningJson.read(storage, model);
    Table table =
        new Table()
            .numbers("layer")
            .numbers("KV groups kept")
            .numbers("error")
            .numbers("channels kept")
            .numbers("error")
            .words("");
    for (Layer layer : PruningFigures.layers(record)) {
      table.row(
          Integer.toString(layer.number()),
          kept(layer.attention()),
          error(layer.attention()),
          kept(layer.ffn()),
          error(layer.ffn()),
          Stream.of(layer.attention(), layer.ffn())
              .filter(sublayer -> sublayer.getDampingRaised() > 0)
              .map(PruningTable::raised)
              .collect(Collectors.joining(", ")));
    }
    table.text(0).forEach(out::println);
    out.printf(
        Locale.ROOT,
        "parameters %,d -> %,d (%.1f %% of all, %.1f %% of the layers' linear weights removed)%n",
        record.getParametersBefore(),
        record.getParametersAfter(),
        100 * PruningFigures.removedOfAll(record),
        100 * record.getRemovedShare());
    PruningFigures.fewTokens(record).ifPresent(remark -> out.println("warning: " + remark));
    out.println("written to " + model);
  }

  private static String kept(SublayerReport sublayer) {
    return sublayer.getKept().size() + " of " + sublayer.getUnits();
  }

  private static String error(SublayerReport sublayer) {
    return String.format(Locale.ROOT, "%.5f", sublayer.getReconstructionError());
  }

  private static String raised(SublayerReport sublayer) {
    return String.format(
        Locale.ROOT,
        "(%s: damping raised to %s)",
        sublayer.getSublayer().getKind(),
        sublayer.getDamping());
  }
}

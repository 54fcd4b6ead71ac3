// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import static io.github.slimbeam.pipelines.report.NumberText.number;

import io.github.slimbeam.pipelines.report.PruningFigures.Layer;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.output.PruningJson;
import java.util.ArrayList;
import java.util.List;

/** Least, median and greatest score of kept and of removed units, layer by layer. */
final class ScoreTable {
  private static final int[] SHOWN = {0, PruningJson.QUANTILES / 2, PruningJson.QUANTILES - 1};

  private ScoreTable() {}

  static Table of(PruningRecord pruning, SublayerKind kind) {
    String name = Units.sublayer(kind);
    Table table = new Table("scores-table-" + name, "Scores of the units, " + name);
    table.numbers("Layer");
    for (String group : List.of("Kept", "Removed")) {
      table.numbers(group + ", least").numbers(group + ", median").numbers(group + ", greatest");
    }
    for (Layer layer : PruningFigures.layers(pruning)) {
      SublayerReport sublayer = layer.of(kind);
      List<String> cells = new ArrayList<>(List.of(Integer.toString(layer.number())));
      add(cells, sublayer.getKeptScores());
      add(cells, sublayer.getRemovedScores());
      table.row(cells);
    }
    return table;
  }

  private static void add(List<String> cells, List<Double> quantiles) {
    for (int at : SHOWN) {
      cells.add(quantiles.isEmpty() ? NumberText.NONE : number(quantiles.get(at)));
    }
  }
}

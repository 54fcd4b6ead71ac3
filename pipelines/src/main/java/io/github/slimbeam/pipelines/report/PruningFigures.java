// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.transforms.statistics.TokenCover;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What follows from the record of a pruned model. */
public final class PruningFigures {
  private PruningFigures() {}

  /** Both sub-layers of a decoder layer. */
  public record Layer(int number, SublayerReport attention, SublayerReport ffn) {
    SublayerReport of(SublayerKind kind) {
      return kind == SublayerKind.ATTENTION ? attention : ffn;
    }

    Width width(SublayerKind kind) {
      return Width.of(of(kind));
    }
  }

  /** The layers, in order. */
  public static List<Layer> layers(PruningRecord record) {
    List<SublayerReport> sublayers = record.getSublayers();
    return IntStream.range(0, sublayers.size() / 2)
        .mapToObj(i -> new Layer(i, sublayers.get(2 * i), sublayers.get(2 * i + 1)))
        .toList();
  }

  /** What to say where there were few calibration tokens. */
  public static Optional<String> fewTokens(PruningRecord record) {
    return TokenCover.remark(
            record.getSublayers().stream()
                .map(s -> new TokenCover(s.getTokens(), s.getColumns()))
                .toList())
        .map(OptionNames::in);
  }

  /** Share of all parameters that went. */
  public static double removedOfAll(PruningRecord record) {
    long before = record.getParametersBefore();
    return before == 0 ? 0 : (double) (before - record.getParametersAfter()) / before;
  }
}

package io.github.slimbeam.pipelines.report;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.statistics.TokenCover;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A {@code pruning.json} as far as pages show it; the schema's {@code PruningRecord} says what each
 * field means. Fields that are not here are no error: the report keeps the file whole.
 *
 * @param texts null where the run did not read texts
 */
record Pruning(
    String model,
    List<ModelFile> modelFiles,
    Recipe recipe,
    String schedule,
    @JsonSetter(nulls = Nulls.SET) Digest texts,
    Digest windows,
    long parametersBefore,
    long parametersAfter,
    double removedShare,
    List<Sublayer> sublayers,
    List<Option> versions) {

  /** Quantiles of scores that a sub-layer has, where it has any: 0, 1/16, …, 1. */
  static final int QUANTILES = 17;

  /** A weight file of the dense model. */
  record ModelFile(String name, long size, String sha256) {}

  /** What the run was asked. */
  record Recipe(String method, List<Option> options) {}

  /** An option or a version. */
  record Option(String name, String value) {}

  /** Texts or windows, and the sum of their hashes. */
  record Digest(long texts, String sha256Sum) {}

  /** Which sub-layer. */
  record Key(int layer, SublayerKind kind) {}

  /**
   * One sub-layer.
   *
   * @param columns width of the moments; null in records that do not say
   * @param keptScores quantiles of the kept units' scores; empty where there are none
   * @param removedScores the same of the removed units
   */
  record Sublayer(
      Key sublayer,
      int units,
      List<Integer> kept,
      double reconstructionError,
      double damping,
      int dampingRaised,
      long tokens,
      @JsonSetter(nulls = Nulls.SET) Integer columns,
      double seconds,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<Double> keptScores,
      @JsonSetter(nulls = Nulls.AS_EMPTY) List<Double> removedScores) {

    @JsonIgnore
    RunReport.Width width() {
      return new RunReport.Width(units, kept.size());
    }
  }

  /** Both sub-layers of a decoder layer. */
  record Layer(int number, Sublayer attention, Sublayer ffn) {
    Sublayer of(SublayerKind kind) {
      return kind == SublayerKind.ATTENTION ? attention : ffn;
    }
  }

  /**
   * Understands the content of a {@code pruning.json}; {@code where} is its path, for messages.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the field that is
   *     missing or makes no sense
   */
  static Pruning of(JsonNode json, String where) {
    Pruning pruning = ReportJson.value(json, Pruning.class, where);
    List<Sublayer> sublayers = pruning.sublayers();
    check(!sublayers.isEmpty(), "%s: sublayers: expected at least one layer, found none", where);
    check(
        sublayers.size() % 2 == 0,
        "%s: sublayers: expected two for each layer, found %d",
        where,
        sublayers.size());
    for (int i = 0; i < sublayers.size(); i++) {
      checkSublayer(sublayers.get(i), i, where + ": sublayers[" + i + "]");
    }
    return pruning;
  }

  private static void checkSublayer(Sublayer found, int position, String where) {
    SublayerKind kind = SublayerKind.values()[position % 2];
    check(
        found.sublayer().layer() == position / 2 && found.sublayer().kind() == kind,
        "%s: expected layer %d, %s; found layer %d, %s",
        where,
        position / 2,
        kind,
        found.sublayer().layer(),
        found.sublayer().kind());
    check(
        found.units() > 0 && found.kept().size() <= found.units(),
        "%s: %d kept of %d units",
        where,
        found.kept().size(),
        found.units());
    for (List<Double> scores : List.of(found.keptScores(), found.removedScores())) {
      check(
          scores.isEmpty() || scores.size() == QUANTILES,
          "%s: expected %d quantiles of scores or none, found %d",
          where,
          QUANTILES,
          scores.size());
    }
  }

  /** The layers, in order. */
  @JsonIgnore
  List<Layer> layers() {
    List<Layer> layers = new ArrayList<>();
    for (int i = 0; i < sublayers.size(); i += 2) {
      layers.add(new Layer(i / 2, sublayers.get(i), sublayers.get(i + 1)));
    }
    return layers;
  }

  /** What to say where there were few calibration tokens. */
  @JsonIgnore
  Optional<String> fewTokens() {
    return TokenCover.remark(
        sublayers.stream()
            .map(s -> new TokenCover(s.tokens(), s.columns() == null ? 0 : s.columns()))
            .toList());
  }

  /** Share of all parameters that went. */
  @JsonIgnore
  double removedOfAll() {
    return parametersBefore == 0
        ? 0
        : (double) (parametersBefore - parametersAfter) / parametersBefore;
  }
}

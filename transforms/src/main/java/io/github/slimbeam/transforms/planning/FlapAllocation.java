// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.ColumnScores;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * FLAP's adaptive allocation: scores ‖W_:j‖² Var(X_j) of a dense pass, standardised within each
 * sub-layer, averaged over a unit's columns, and one threshold for all units of the model. The
 * units below it count towards each sub-layer's share, so that their linear weights together make
 * the ratio.
 *
 * <p>At least one unit stays in every sub-layer. <em>Reference</em>: An et al., AAAI 2024, section
 * 3.3. <em>Differs from the paper</em>: the plan says how many units each sub-layer loses; which
 * ones is decided later, on the pruned predecessors' activations.
 */
final class FlapAllocation {
  static final String NAME = "flap";

  private FlapAllocation() {}

  private record Unit(SublayerKey sublayer, double score, double parameters) {}

  static PruningPlan plan(Model model, List<LayerStatistics> statistics, double ratio)
      throws IOException {
    List<Unit> units = new ArrayList<>();
    for (LayerStatistics layer : statistics) {
      units.addAll(
          units(
              model,
              layer,
              SublayerKind.ATTENTION,
              layer.getAttentionSum(),
              layer.getAttentionSquares()));
      units.addAll(units(model, layer, SublayerKind.FFN, layer.getFfnSum(), layer.getFfnSquares()));
    }
    double left = ratio * units.stream().mapToDouble(Unit::parameters).sum();
    Map<SublayerKey, Integer> removed = new HashMap<>();
    for (Unit unit : units.stream().sorted(Comparator.comparingDouble(Unit::score)).toList()) {
      int gone = removed.getOrDefault(unit.sublayer(), 0);
      boolean stays = !model.config().isPrunable(unit.sublayer().getKind());
      boolean last =
          stays || gone + 1 >= shape(model, unit.sublayer()).units(unit.sublayer().getKind());
      // Half a unit too much is nearer than half a unit too little.
      if (!last && left >= unit.parameters() / 2) {
        removed.put(unit.sublayer(), gone + 1);
        left -= unit.parameters();
      }
    }
    List<SublayerTarget> targets = new ArrayList<>();
    for (LayerStatistics layer : statistics) {
      for (SublayerKind kind : SublayerKind.values()) {
        SublayerKey key = new SublayerKey(layer.getLayer(), kind);
        int all = shape(model, key).units(kind);
        int gone = removed.getOrDefault(key, 0);
        targets.add(new SublayerTarget(key, all, gone, (double) gone / all, null));
      }
    }
    return new PruningPlan(NAME, targets);
  }

  private static List<Unit> units(
      Model model, LayerStatistics layer, SublayerKind kind, ByteBuffer sums, ByteBuffer squares)
      throws IOException {
    SublayerKey key = new SublayerKey(layer.getLayer(), kind);
    LayerShape shape = shape(model, key);
    double[] scores = scores(model, key, layer.getTokens(), sums, squares);
    double mean = Arrays.stream(scores).average().orElseThrow();
    double deviation =
        Math.sqrt(
            Arrays.stream(scores).map(s -> (s - mean) * (s - mean)).sum() / (scores.length - 1));
    int span = scores.length / shape.units(kind);
    double parameters = (double) model.config().linearParameters(kind, shape) / shape.units(kind);
    List<Unit> units = new ArrayList<>();
    for (int unit = 0; unit < shape.units(kind); unit++) {
      double score = Arrays.stream(scores, unit * span, (unit + 1) * span).average().orElseThrow();
      units.add(new Unit(key, deviation == 0 ? 0 : (score - mean) / deviation, parameters));
    }
    return units;
  }

  private static double[] scores(
      Model model, SublayerKey key, long tokens, ByteBuffer sums, ByteBuffer squares)
      throws IOException {
    DoubleBuffer sum = sums.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    DoubleBuffer square = squares.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    double[] scores = new double[sum.remaining()];
    String name = model.closing(key.getLayer(), key.getKind());
    try (TorchScope scope = TorchScope.open()) {
      NDArray weight = model.load(scope, name);
      double[] norms = ColumnScores.magnitude(scope, weight);
      for (int j = 0; j < scores.length; j++) {
        double mean = sum.get(j) / tokens;
        scores[j] = norms[j] * Math.max(0, square.get(j) - tokens * mean * mean) / (tokens - 1);
      }
    }
    return scores;
  }

  private static LayerShape shape(Model model, SublayerKey key) {
    return model.config().layers().get(key.getLayer());
  }
}

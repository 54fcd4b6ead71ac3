// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against scores and standardisation in plain loops, on random activations of a small model. */
class FlapAllocationTest {
  private static final int TOKENS = 50;

  @TempDir private Path directory;

  private record Unit(SublayerKey key, double score, long parameters) {}

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.2, 0.35, 0.5, 0.7})
  void takesTheLowestStandardisedScoresOfAllUnitsUntilTheRatioIsMet(double ratio)
      throws IOException {
    for (long seed = 0; seed < 5; seed++) {
      Model model = SmallModel.llama().withSeed(seed).writeTo(directory.resolve("model" + seed));
      Map<SublayerKey, double[][]> inputs = inputs(model, seed);
      PruningPlan plan = FlapAllocation.plan(model, statistics(model, inputs), ratio);
      Map<SublayerKey, Integer> removed = new LinkedHashMap<>();
      for (SublayerTarget target : plan.getTargets()) {
        removed.put(target.getSublayer(), target.getRemoved());
        assertThat(target.getRatio()).isEqualTo((double) target.getRemoved() / target.getUnits());
      }
      assertThat(plan.getSchedule()).isEqualTo("flap");
      assertThat(removed).isEqualTo(naive(model, inputs, ratio));
      // Half the largest unit, a KV group: 24 · 16 of 5760 weights.
      assertThat(Plans.removedShare(model.config(), plan)).isCloseTo(ratio, within(0.035));
    }
  }

  @Test
  void atLeastOneUnitStaysInEverySublayer() throws IOException {
    Model model = SmallModel.llama().writeTo(directory);
    PruningPlan plan = FlapAllocation.plan(model, statistics(model, inputs(model, 1)), 0.999);
    assertThat(plan.getTargets())
        .hasSize(6)
        .allMatch(target -> target.getRemoved() == target.getUnits() - 1);
  }

  private static Map<SublayerKey, Integer> naive(
      Model model, Map<SublayerKey, double[][]> inputs, double ratio) throws IOException {
    List<Unit> units = new ArrayList<>();
    Map<SublayerKey, Integer> removed = new LinkedHashMap<>();
    Map<SublayerKey, Integer> left = new LinkedHashMap<>();
    for (Map.Entry<SublayerKey, double[][]> input : inputs.entrySet()) {
      List<Unit> own = units(model, input.getKey(), input.getValue());
      units.addAll(own);
      removed.put(input.getKey(), 0);
      left.put(input.getKey(), own.size());
    }
    double budget = ratio * units.stream().mapToDouble(Unit::parameters).sum();
    units.sort(Comparator.comparingDouble(Unit::score));
    for (Unit unit : units) {
      if (left.get(unit.key()) > 1 && budget - unit.parameters() >= -unit.parameters() / 2.0) {
        budget -= unit.parameters();
        removed.merge(unit.key(), 1, Integer::sum);
        left.merge(unit.key(), -1, Integer::sum);
      }
    }
    return removed;
  }

  /** One sub-layer's units: mean of the columns' standardised ‖W_:j‖² Var(X_j). */
  private static List<Unit> units(Model model, SublayerKey key, double[][] x) throws IOException {
    double[] scores = new double[x.length];
    try (TorchScope scope = TorchScope.open()) {
      float[] w =
          SublayerWeights.load(scope, model, key.getLayer(), key.getKind())
              .closing()
              .toFloatArray();
      for (int j = 0; j < scores.length; j++) {
        double norm = 0;
        for (int row = 0; row < 16; row++) {
          norm += (double) w[row * scores.length + j] * w[row * scores.length + j];
        }
        scores[j] = norm * Math.pow(deviation(x[j]), 2);
      }
    }
    double mean = Arrays.stream(scores).average().orElseThrow();
    double deviation = deviation(scores);
    boolean attention = key.getKind() == SublayerKind.ATTENTION;
    // A KV group of two heads of four: rows of q, k and v and columns of o, all 16 long.
    int size = attention ? 8 : 1;
    long parameters = attention ? (8 + 4 + 4 + 8) * 16 : 3 * 16;
    List<Unit> units = new ArrayList<>();
    for (int begin = 0; begin < scores.length; begin += size) {
      double total = 0;
      for (int j = begin; j < begin + size; j++) {
        total += (scores[j] - mean) / deviation;
      }
      units.add(new Unit(key, total / size, parameters));
    }
    return units;
  }

  /** Sample standard deviation. */
  private static double deviation(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double squares = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    return Math.sqrt(squares / (values.length - 1));
  }

  /**
   * Random activations for every closing linear, [columns, tokens], each column of its own size.
   */
  private static Map<SublayerKey, double[][]> inputs(Model model, long seed) {
    ModelConfig config = model.config();
    Map<SublayerKey, double[][]> inputs = new LinkedHashMap<>();
    for (int layer = 0; layer < config.layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        int width = kind == SublayerKind.ATTENTION ? 16 : 24;
        double[][] x = NaiveMatrix.random(100 * seed + 30L * layer + width, width, TOKENS);
        for (int j = 0; j < width; j++) {
          int column = j;
          Arrays.setAll(x[j], t -> 1 + x[column][t] * (1 + column % 5));
        }
        inputs.put(new SublayerKey(layer, kind), x);
      }
    }
    return inputs;
  }

  private static List<LayerStatistics> statistics(
      Model model, Map<SublayerKey, double[][]> inputs) {
    List<LayerStatistics> statistics = new ArrayList<>();
    for (int layer = 0; layer < model.config().layers().size(); layer++) {
      double[][] attention = inputs.get(new SublayerKey(layer, SublayerKind.ATTENTION));
      double[][] ffn = inputs.get(new SublayerKey(layer, SublayerKind.FFN));
      statistics.add(
          new LayerStatistics(
              layer,
              (long) TOKENS,
              0.0,
              sums(attention, v -> v),
              sums(attention, v -> v * v),
              sums(ffn, v -> v),
              sums(ffn, v -> v * v)));
    }
    return statistics;
  }

  private static ByteBuffer sums(double[][] x, ToDoubleFunction<Double> of) {
    ByteBuffer bytes = ByteBuffer.allocate(x.length * 8).order(ByteOrder.LITTLE_ENDIAN);
    for (double[] row : x) {
      bytes.putDouble(Arrays.stream(row).map(of::applyAsDouble).sum());
    }
    return bytes.flip();
  }
}

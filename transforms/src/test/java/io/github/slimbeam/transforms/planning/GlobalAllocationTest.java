// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.ModelConfigTest;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plans of made-up curves for a model of LLaMA-7B's shape. */
class GlobalAllocationTest {
  private static final int CHANNELS = 11_008;

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.2, 0.5, 0.8})
  void meetsTheRatioToAChannel(double ratio) throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    PruningPlan plan = plan(config, curves(config, 3), ratio);
    double channel = 3.0 * config.hidden() / config.linearParameters(config.layers());
    assertThat(Plans.removedShare(config, plan)).isBetween(ratio - channel, ratio + channel);
    assertThat(plan.getTargets())
        .allSatisfy(
            t -> {
              boolean heads = t.getSublayer().getKind() == SublayerKind.ATTENTION;
              assertThat(t.getUnits() - t.getRemoved())
                  .isGreaterThanOrEqualTo(heads ? 1 : CHANNELS / 16);
            });
  }

  /** No plan of the same size that differs by a level is better: that is what water-filling is. */
  @Test
  void channelsGoWhereTheyCostLeast() throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    List<RemovalCurve> curves = new ArrayList<>();
    for (RemovalCurve curve : curves(config, 1)) {
      int layer = curve.getSublayer().getLayer();
      boolean cheap = curve.getSublayer().getKind() == SublayerKind.FFN && layer == 5;
      curves.add(scaled(curve, cheap ? 1e-6 : 1));
    }
    PruningPlan plan = plan(config, curves, 0.02);
    SublayerTarget cheap = plan.getTargets().get(11);
    assertThat(cheap.getRemoved()).isGreaterThan(CHANNELS * 9 / 10);
    assertThat(plan.getTargets().get(13).getRemoved()).isLessThan(CHANNELS / 2);
  }

  /** Sub-layer s of 2L counts (1 + s/2L) times: of equal curves the earlier give more. */
  @Test
  void laterErrorsWeighMore() throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    PruningPlan plan = plan(config, curves(config, 0), 0.3);
    int first = plan.getTargets().get(1).getRemoved();
    int last = plan.getTargets().get(63).getRemoved();
    assertThat(first).isGreaterThan(last);
  }

  /** By a straight line between the levels beside it, found by looking at all. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.1, 0.45, 0.8})
  void aPlanCostsWhatItsCurvesSay(double ratio) throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    List<RemovalCurve> curves = curves(config, 5);
    PruningPlan plan = plan(config, curves, ratio);
    double expected = 0;
    for (int s = 0; s < curves.size(); s++) {
      int gone = plan.getTargets().get(s).getRemoved();
      List<Integer> removed = curves.get(s).getRemoved();
      List<Double> errors = curves.get(s).getErrors();
      for (int level = 1; level < removed.size(); level++) {
        double share =
            (double) (gone - removed.get(level - 1))
                / (removed.get(level) - removed.get(level - 1));
        if (share > 0) {
          expected +=
              (1 + s / 64.0) * Math.min(1, share) * (errors.get(level) - errors.get(level - 1));
        }
      }
    }
    assertThat(GlobalAllocation.cost(model(config), curves, plan))
        .isCloseTo(expected, within(1e-9));
  }

  @Test
  void whatCannotGoIsSaid() throws IOException {
    ModelConfig config = ModelConfigTest.llama7b();
    assertThatThrownBy(() -> plan(config, curves(config, 3), 0.97))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            "schedule=global keeps a head and a sixteenth of the channels in every layer");
  }

  private static PruningPlan plan(ModelConfig config, List<RemovalCurve> curves, double ratio)
      throws IOException {
    return PlanRequest.of("global", ratio).planOf(model(config), curves);
  }

  private static Model model(ModelConfig config) throws IOException {
    return new Model(ExampleModel.open().checkpoint(), config);
  }

  /** Convex, and random where there is a seed. */
  private static List<RemovalCurve> curves(ModelConfig config, long seed) {
    Random random = new Random(seed);
    List<RemovalCurve> curves = new ArrayList<>();
    for (int layer = 0; layer < config.layers().size(); layer++) {
      LayerShape shape = config.layers().get(layer);
      for (SublayerKind kind : SublayerKind.values()) {
        int units = shape.units(kind);
        int most = GlobalAllocation.most(config, new SublayerKey(layer, kind)).getRemoved();
        int step = kind == SublayerKind.ATTENTION ? 1 : 688;
        double scale = seed == 0 ? 1 : 0.1 + random.nextDouble();
        List<Integer> removed =
            IntStream.rangeClosed(0, most / step).map(i -> i * step).boxed().toList();
        List<Double> errors =
            removed.stream().map(k -> scale * Math.pow((double) k / units, 2)).toList();
        curves.add(new RemovalCurve(new SublayerKey(layer, kind), units, removed, errors));
      }
    }
    return curves;
  }

  private static RemovalCurve scaled(RemovalCurve curve, double factor) {
    return RemovalCurve.newBuilder(curve)
        .setErrors(curve.getErrors().stream().map(e -> e * factor).toList())
        .build();
  }
}

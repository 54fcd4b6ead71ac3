// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanRequestTest {
  private static final double NONE = Double.NaN;
  private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);

  @Test
  void namesEverySchedule() {
    assertThat(PlanRequest.names())
        .containsExactly(
            "logarithmic",
            "linear",
            "uniform",
            "decreasing-logarithmic",
            "decreasing-linear",
            "similarity",
            "flap",
            "global");
    for (String name : PlanRequest.names()) {
      assertThat(PlanRequest.of(name, 0.2).needsData())
          .isEqualTo(List.of("similarity", "flap", "global").contains(name));
    }
  }

  @Test
  void anUnknownScheduleIsRefusedWithTheNamesThereAre() {
    refuses(
        "schedule=steep: expected one of [logarithmic, linear, uniform, decreasing-logarithmic,"
            + " decreasing-linear, similarity, flap, global]",
        "steep",
        0.2,
        null,
        NONE,
        NONE);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN})
  void aRatioThatIsNoneIsRefused(double ratio) {
    refuses(
        "pruningRatio=" + ratio + ": expected 0 ≤ ratio < 1", "linear", ratio, null, NONE, NONE);
  }

  @Test
  void anEndWithoutABeginningIsRefused() {
    refuses("lastRatio needs firstRatio", "linear", 0.2, null, NONE, 0.5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"similarity", "flap", "global"})
  void endPointsOfASchedulesThatFollowsTheDataAreRefused(String schedule) {
    refuses(
        "firstRatio does not go with schedule=" + schedule + ", whose ratios follow from the data",
        schedule,
        0.2,
        null,
        0.1,
        NONE);
  }

  @Test
  void aTargetInParametersWithFlapIsRefused() {
    refuses(
        "targetParameters does not go with schedule=flap, which takes whole units by threshold:"
            + " give pruningRatio",
        "flap",
        0.2,
        1_000_000L,
        NONE,
        NONE);
  }

  @Test
  void aScheduleThatNeedsDataMakesNoPlanWithoutIt() throws IOException {
    Model model = ExampleModel.open();
    assertThatThrownBy(() -> PlanRequest.of("similarity", 0.2).plan(model))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("similarity needs a dense pass");
  }

  @ParameterizedTest
  @EnumSource
  void aFormulasPlanIsItsOwn(RatioSchedule schedule) throws IOException {
    Model model = ExampleModel.open();
    assertThat(PlanRequest.of(schedule.optionName(), 0.3).plan(model))
        .isEqualTo(Plans.of(model.config(), schedule, 0.3));
  }

  @Test
  void endPointsOverrideTheMeanAndAFirstRatioAloneDoesNot() throws IOException {
    Model model = ExampleModel.open();
    List<Double> ends = ratios(request("linear", 0.3, 0.1, 0.2).plan(model));
    assertThat(ends).startsWith(0.1).endsWith(0.2);
    List<Double> first = ratios(request("linear", 0.3, 0.1, NONE).plan(model));
    assertThat(first).startsWith(0.1);
    assertThat(first.stream().mapToDouble(r -> r).average().orElseThrow())
        .isCloseTo(0.3, within(1e-12));
  }

  @Test
  void aTargetInParametersIsMetBySimilarityToo() throws IOException {
    Model model = ExampleModel.open();
    List<LayerStatistics> statistics = new ArrayList<>();
    for (int layer = 0; layer < 6; layer++) {
      statistics.add(
          new LayerStatistics(layer, 10L, 9.9 - 0.1 * layer, EMPTY, EMPTY, EMPTY, EMPTY));
    }
    PruningPlan plan = PlanRequest.of("similarity", 0.3).plan(model, statistics);
    assertThat(plan.getSchedule()).isEqualTo("similarity");
    List<Double> expected =
        SimilaritySchedule.ratios(List.of(0.99, 0.98, 0.97, 0.96, 0.95, 0.94), 0.3);
    List<Double> actual = ratios(plan);
    for (int layer = 0; layer < 6; layer++) {
      assertThat(actual.get(layer)).isCloseTo(expected.get(layer), within(1e-12));
    }
    ModelConfig config = model.config();
    long target = config.parameters(config.layers()) * 3 / 4;
    PruningPlan sized =
        PlanRequest.of("similarity", new PlanSize.Parameters(target, false), Widths.FREE)
            .plan(model, statistics);
    // One attention unit, 4 · 32 · 128, and a channel in each layer, 6 · 3 · 128.
    assertThat(config.parameters(Plans.shapes(config, sized))).isCloseTo(target, within(18_688L));
  }

  private static PlanRequest request(String schedule, double ratio, double first, double last) {
    return new PlanRequest(
        schedule, new PlanSize.Ratio(ratio), first, last, Rounding.CARRIED, Widths.FREE);
  }

  private static List<Double> ratios(PruningPlan plan) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < plan.getTargets().size(); i += 2) {
      SublayerTarget attention = plan.getTargets().get(i);
      assertThat(plan.getTargets().get(i + 1).getRatio()).isEqualTo(attention.getRatio());
      ratios.add(attention.getRatio());
    }
    return ratios;
  }

  private static void refuses(
      String message, String schedule, double ratio, Long target, double first, double last) {
    assertThatThrownBy(
            () ->
                new PlanRequest(
                    schedule,
                    target == null
                        ? new PlanSize.Ratio(ratio)
                        : new PlanSize.Parameters(target, false),
                    first,
                    last,
                    Rounding.CARRIED,
                    Widths.FREE))
        .isInstanceOf(BadInputException.class)
        .hasMessage(message);
  }
}

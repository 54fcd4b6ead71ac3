// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class RatioScheduleTest {

  @Test
  void endPointsAreMetExactly() {
    for (RatioSchedule rising : List.of(RatioSchedule.LOGARITHMIC, RatioSchedule.LINEAR)) {
      List<Double> ratios = rising.between(32, 0.125, 0.65625);
      assertThat(ratios).hasSize(32).isSorted().startsWith(0.125).endsWith(0.65625);
    }
  }

  @Test
  void theLogarithmicScheduleIsEquationSix() {
    List<Double> ratios = RatioSchedule.LOGARITHMIC.between(40, 0.1, 0.4);
    for (int i = 0; i < 40; i++) {
      assertThat(ratios.get(i))
          .isCloseTo(0.1 + 0.3 * Math.log(i + 1) / Math.log(40), within(1e-15));
    }
    assertThat(RatioSchedule.LINEAR.between(5, 0, 0.5))
        .containsExactly(0.0, 0.125, 0.25, 0.375, 0.5);
  }

  @ParameterizedTest
  @EnumSource
  void theMeanIsMet(RatioSchedule schedule) {
    for (int n : List.of(1, 2, 6, 32, 80)) {
      for (double mean : new double[] {0, 0.2, 0.3, 0.5}) {
        for (double first : new double[] {Double.NaN, mean / 2}) {
          assertThat(schedule.withMean(n, mean, first))
              .hasSize(n)
              .satisfies(
                  r ->
                      assertThat(r.stream().mapToDouble(d -> d).average().orElseThrow())
                          .isCloseTo(mean, within(1e-14)));
        }
      }
    }
  }

  @Test
  void unlessToldTheLeastRatioIsAQuarterOfTheMean() {
    assertThat(RatioSchedule.LOGARITHMIC.withMean(6, 0.2, Double.NaN).get(0)).isEqualTo(0.05);
    assertThat(RatioSchedule.LINEAR.withMean(6, 0.2, 0.1).get(0)).isEqualTo(0.1);
    assertThat(RatioSchedule.UNIFORM.withMean(3, 0.2, Double.NaN)).containsExactly(0.2, 0.2, 0.2);
  }

  @ParameterizedTest
  @CsvSource({
    "4,.573", "6,.612", "8,.638", "12,.670", "16,.691", "22,.713", "24,.718", "28,.728", "32,.735",
    "40,.748", "60,.768", "80,.781"
  })
  void theMeanOfTheLogarithmsIsThatOfTheTable(int n, double c) {
    double last = RatioSchedule.LOGARITHMIC.withMean(n, 0.2, 0.1).get(n - 1);
    assertThat(0.1 / (last - 0.1)).isCloseTo(c, within(6e-4));
  }

  @Test
  void decreasingSchedulesAreTheOthersBackwards() {
    List<Double> ratios = new ArrayList<>(RatioSchedule.LOGARITHMIC.withMean(12, 0.3, 0.1));
    Collections.reverse(ratios);
    assertThat(RatioSchedule.DECREASING_LOGARITHMIC.withMean(12, 0.3, 0.1)).isEqualTo(ratios);
    ratios = new ArrayList<>(RatioSchedule.LINEAR.withMean(12, 0.3, 0.1));
    Collections.reverse(ratios);
    assertThat(RatioSchedule.DECREASING_LINEAR.withMean(12, 0.3, 0.1)).isEqualTo(ratios);
  }

  @Test
  void aScheduleThatWouldEmptyALayerIsRefused() {
    assertThatThrownBy(() -> RatioSchedule.LOGARITHMIC.withMean(6, 0.75, Double.NaN))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "schedule logarithmic asks for a ratio of 1.013 in layer 4, which would empty it: expected 0 ≤ ratio < 1;"
                + " choose a lower pruningRatio, a flatter schedule or other end points");
    assertThatThrownBy(() -> RatioSchedule.DECREASING_LINEAR.between(3, -0.5, 0.5))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("schedule decreasing-linear asks for a ratio of -0.500 in layer 2");
    assertThatThrownBy(() -> RatioSchedule.LINEAR.between(3, 0.5, Double.NaN))
        .hasMessageStartingWith("schedule linear asks for a ratio of NaN in layer 0");
  }

  @ParameterizedTest
  @ValueSource(doubles = {-0.1, 1, 1.5, Double.NaN})
  void theMeanIsAtLeastZeroAndLessThanOne(double mean) {
    for (RatioSchedule schedule : RatioSchedule.values()) {
      assertThatThrownBy(() -> schedule.withMean(6, mean, Double.NaN))
          .isInstanceOf(BadInputException.class)
          .hasMessage("pruningRatio=" + mean + ": expected 0 ≤ ratio < 1");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimilarityScheduleTest {

  /** The authors' scripts for 32 layers: P and α at 20 and at 50 %. */
  @ParameterizedTest
  @CsvSource({"0.2,26,10", "0.5,30,7"})
  void theAuthorsSettingsAreASoftmaxOverTheMostRedundantLayers(double mean, int p, double alpha) {
    for (long seed = 0; seed < 10; seed++) {
      List<Double> cosines = cosines(seed, 32, 0.9);
      List<Double> ratios = SimilaritySchedule.ratios(cosines, mean);
      List<Integer> chosen = mostRedundant(cosines).subList(0, p);
      double sum = chosen.stream().mapToDouble(l -> Math.exp(alpha * cosines.get(l))).sum();
      for (int layer = 0; layer < 32; layer++) {
        double share = chosen.contains(layer) ? Math.exp(alpha * cosines.get(layer)) / sum : 0;
        assertThat(ratios.get(layer)).isCloseTo(mean * 32 * share, within(1e-12));
      }
    }
  }

  /** The authors give 0.25 over 26 layers and 0.55 over 30: 0.203 and 0.516 over all. */
  @ParameterizedTest
  @CsvSource({"0.25,26,10", "0.55,30,7"})
  void theAuthorsRatioTimesPIsOursTimesAllLayers(double ratio, int p, double alpha) {
    List<Double> cosines = cosines(3, 32, 0.9);
    List<Double> ratios = SimilaritySchedule.ratios(cosines, ratio * p / 32, p, alpha);
    List<Integer> chosen = mostRedundant(cosines).subList(0, p);
    double sum = chosen.stream().mapToDouble(l -> Math.exp(alpha * cosines.get(l))).sum();
    for (int layer : chosen) {
      assertThat(ratios.get(layer))
          .isCloseTo(ratio * p * Math.exp(alpha * cosines.get(layer)) / sum, within(1e-12));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 6, 24, 32, 80})
  void theMeanIsMet(int layers) {
    for (double mean : new double[] {0, 0.05, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95}) {
      for (long seed = 0; seed < 10; seed++) {
        for (double least : new double[] {0.95, 0.5, -0.5}) {
          List<Double> ratios = SimilaritySchedule.ratios(cosines(seed, layers, least), mean);
          assertThat(ratios).hasSize(layers).allMatch(r -> r >= 0 && r < 1);
          assertThat(mean(ratios)).isCloseTo(mean, within(1e-12));
        }
      }
    }
  }

  @Test
  void aRatioNeverReachesOneAndTheOthersShareWhatIsLeft() {
    List<Double> ratios = SimilaritySchedule.ratios(List.of(0.99, 0.2, 0.3, -0.4), 0.4, 3, 10);
    // One layer could take 1.6 of 4; it takes the most it may, and two others the rest.
    assertThat(ratios.get(0)).isEqualTo(SimilaritySchedule.MOST);
    double part = Math.exp(10 * 0.2) / (Math.exp(10 * 0.2) + Math.exp(10 * 0.3));
    assertThat(ratios.get(1)).isCloseTo(0.65 * part, within(1e-12));
    assertThat(ratios.get(2)).isCloseTo(0.65 * (1 - part), within(1e-12));
    assertThat(ratios.get(3)).isZero();
  }

  @Test
  void moreLayersThanPTakePartWherePCannotLoseEnough() {
    List<Double> ratios = SimilaritySchedule.ratios(List.of(0.9, 0.8, 0.7, 0.6), 0.6, 1, 10);
    assertThat(mean(ratios)).isCloseTo(0.6, within(1e-12));
    assertThat(ratios).allMatch(r -> r <= SimilaritySchedule.MOST).endsWith(0.0);
  }

  @Test
  void theMoreAlikeTheMoreIsLost() {
    List<Double> cosines = cosines(5, 24, 0.8);
    List<Double> ratios = SimilaritySchedule.ratios(cosines, 0.4);
    List<Integer> order = mostRedundant(cosines);
    for (int i = 1; i < order.size(); i++) {
      assertThat(ratios.get(order.get(i))).isLessThanOrEqualTo(ratios.get(order.get(i - 1)));
    }
  }

  @Test
  void equalCosinesMakeEqualRatiosAmongTheFirstP() {
    List<Double> ratios = SimilaritySchedule.ratios(List.of(0.9, 0.9, 0.9, 0.9), 0.3, 2, 10);
    assertThat(ratios.get(0)).isCloseTo(0.6, within(1e-15)).isEqualTo(ratios.get(1));
    assertThat(ratios.subList(2, 4)).containsExactly(0.0, 0.0);
  }

  private static double mean(List<Double> ratios) {
    return ratios.stream().mapToDouble(r -> r).average().orElseThrow();
  }

  private static List<Integer> mostRedundant(List<Double> cosines) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, cosines.size()).boxed().toList());
    order.sort(Comparator.comparingDouble(l -> -cosines.get(l)));
    return order;
  }

  private static List<Double> cosines(long seed, int layers, double least) {
    Random random = new Random(seed);
    return random.doubles(layers, least, 1).boxed().toList();
  }
}

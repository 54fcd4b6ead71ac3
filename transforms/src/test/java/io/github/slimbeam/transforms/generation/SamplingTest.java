// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplingTest {
  /** Probabilities 0.1, 0.4, 0.3, 0.05 and 0.15 at temperature 1. */
  private static final float[] LOGITS = logits(0.1, 0.4, 0.3, 0.05, 0.15);

  @Test
  void greedyTakesTheMostProbableAndOfEqualOnesTheFirst() {
    assertThat(Sampling.GREEDY.choose(LOGITS, new Random(1))).isEqualTo(1);
    float[] equal = {-1, 2, 0.5f, 2, 2};
    assertThat(Sampling.GREEDY.choose(equal, new Random(1))).isEqualTo(1);
    assertThat(new Sampling(1, 1, 1, 0).choose(equal, new Random(1))).isEqualTo(1);
    assertThat(new Sampling(1, 0, 0.2, 0).choose(equal, new Random(1))).isEqualTo(1);
  }

  @Test
  void probabilitiesAreTheSoftmaxOfTheLogitsOverTheTemperature() {
    assertProbabilities(new Sampling(1, 0, 1, 0), 0.1, 0.4, 0.3, 0.05, 0.15);
    double total = 0.01 + 0.16 + 0.09 + 0.0025 + 0.0225;
    assertProbabilities(
        new Sampling(0.5, 0, 1, 0),
        0.01 / total,
        0.16 / total,
        0.09 / total,
        0.0025 / total,
        0.0225 / total);
    assertProbabilities(new Sampling(1e-300, 0, 1, 0), 0, 1, 0, 0, 0);
  }

  @Test
  void topKKeepsTheMostProbableInProportion() {
    assertProbabilities(new Sampling(1, 2, 1, 0), 0, 4 / 7.0, 3 / 7.0, 0, 0);
    assertProbabilities(new Sampling(1, 99, 1, 0), 0.1, 0.4, 0.3, 0.05, 0.15);
    for (int k = 1; k <= 5; k++) {
      assertThat(positive(new Sampling(0.7, k, 1, 0).probabilities(LOGITS))).isEqualTo(k);
    }
  }

  /** Sorted 0.4, 0.3, 0.15, 0.1, 0.05; sums 0.4, 0.7, 0.85, 0.95, 1. */
  @ParameterizedTest
  @CsvSource({"0.01, 1", "0.399, 1", "0.401, 2", "0.699, 2", "0.701, 3", "0.94, 4", "0.96, 5"})
  void topPKeepsTheFewestThatReachIt(double p, int kept) {
    double[] probabilities = new Sampling(1, 0, p, 0).probabilities(LOGITS);
    assertThat(positive(probabilities)).isEqualTo(kept);
    assertThat(Arrays.stream(probabilities).sum()).isCloseTo(1, within(1e-12));
    assertThat(probabilities[1]).isEqualTo(Arrays.stream(probabilities).max().orElseThrow());
  }

  /** Of the two that top-k leaves, 4/7 and 3/7, the first alone reaches 0.5. */
  @Test
  void topPCountsWhatTopKLeaves() {
    assertProbabilities(new Sampling(1, 2, 0.5, 0), 0, 1, 0, 0, 0);
    assertProbabilities(new Sampling(1, 2, 0.6, 0), 0, 4 / 7.0, 3 / 7.0, 0, 0);
  }

  /** 100 000 draws: a frequency's standard deviation is 0.0016 at most. */
  @Test
  void drawsAsOftenAsTheProbabilitiesSay() {
    Sampling sampling = new Sampling(1.3, 4, 0.9, 5);
    double[] probabilities = sampling.probabilities(LOGITS);
    double[] often = new double[LOGITS.length];
    Random random = sampling.random();
    for (int i = 0; i < 100_000; i++) {
      often[sampling.choose(LOGITS, random)] += 1e-5;
    }
    assertThat(often).containsExactly(probabilities, within(0.007));
    assertThat(often[3]).isZero();
  }

  @Test
  void theSeedDecidesWhatIsDrawn() {
    assertThat(draws(1)).isEqualTo(draws(1)).isNotEqualTo(draws(2));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-1 | 0 | 1 | temperature=-1.0: expected 0",
        "NaN | 0 | 1 | temperature=NaN: expected 0",
        "Infinity | 0 | 1 | temperature=Infinity: expected 0",
        "1 | -1 | 1 | topK=-1: expected a positive number, or 0",
        "1 | 0 | 0 | topP=0.0: expected 0 < p ≤ 1",
        "1 | 0 | 1.1 | topP=1.1: expected 0 < p ≤ 1",
        "1 | 0 | NaN | topP=NaN: expected 0 < p ≤ 1",
        "0 | 5 | 1 | at temperature=0 nothing is: add a temperature",
        "0 | 0 | 0.9 | at temperature=0 nothing is: add a temperature",
      })
  void namesTheSettingAndWhatIsExpected(double temperature, int topK, double topP, String message) {
    assertThatThrownBy(() -> new Sampling(temperature, topK, topP, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(message);
  }

  private static int[] draws(long seed) {
    Sampling sampling = new Sampling(1, 0, 1, seed);
    Random random = sampling.random();
    return IntStream.range(0, 40).map(i -> sampling.choose(LOGITS, random)).toArray();
  }

  private static long positive(double... probabilities) {
    return Arrays.stream(probabilities).filter(p -> p > 0).count();
  }

  private static void assertProbabilities(Sampling sampling, double... expected) {
    assertThat(sampling.probabilities(LOGITS)).containsExactly(expected, within(1e-6));
  }

  private static float[] logits(double... probabilities) {
    float[] logits = new float[probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (Math.log(probabilities[i]) + 3);
    }
    return logits;
  }
}

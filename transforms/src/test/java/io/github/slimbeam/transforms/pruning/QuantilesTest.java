// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QuantilesTest {

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 16, 17, 18, 33, 352, 11008})
  void lieOnTheLineThroughTheSortedNumbers(int count) {
    List<Double> numbers = new Random(count).doubles(count).boxed().toList();
    List<Double> sorted = new ArrayList<>(numbers);
    Collections.sort(sorted);
    List<Double> quantiles = Quantiles.of(numbers);
    assertThat(quantiles).hasSize(17).isSorted();
    for (int part = 0; part <= 16; part++) {
      double place = part / 16.0 * (count - 1);
      double below = sorted.get((int) Math.floor(place));
      double above = sorted.get((int) Math.ceil(place));
      assertThat(quantiles.get(part))
          .isCloseTo(below + (place - Math.floor(place)) * (above - below), within(1e-9));
    }
    assertThat(quantiles.get(0)).isEqualTo(sorted.get(0));
    assertThat(quantiles.get(16)).isEqualTo(sorted.get(count - 1));
  }

  @Test
  void areTheNumbersThemselvesWhereThereAreSeventeen() {
    List<Double> numbers = new ArrayList<>();
    for (int i = 0; i < 17; i++) {
      numbers.add(0.1 * i * i);
    }
    List<Double> shuffled = new ArrayList<>(numbers);
    Collections.shuffle(shuffled, new Random(1));
    assertThat(Quantiles.of(shuffled)).isEqualTo(numbers);
  }

  @Test
  void ofNothingThereAreNone() {
    assertThat(Quantiles.of(List.of())).isEmpty();
  }
}

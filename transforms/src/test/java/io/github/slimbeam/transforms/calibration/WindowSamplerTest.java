// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class WindowSamplerTest {

  @Test
  void drawsDistinctPlacesInAscendingOrder() {
    List<Long> starts = WindowSampler.draw(1000, 100, 10, 7);
    assertThat(starts).hasSize(100).doesNotHaveDuplicates().isSorted();
    assertThat(starts).allSatisfy(start -> assertThat(start).isBetween(0L, 990L));
  }

  @Test
  void dependsOnTheSeedAlone() {
    assertThat(WindowSampler.draw(5000, 20, 10, 1)).isEqualTo(WindowSampler.draw(5000, 20, 10, 1));
    assertThat(WindowSampler.draw(5000, 20, 10, 1))
        .isNotEqualTo(WindowSampler.draw(5000, 20, 10, 2));
  }

  /**
   * Computed once in Python from the definition, so that a new Java or an innocent change cannot
   * move every user's sample.
   */
  @Test
  void drawsWhatItAlwaysDrew() {
    assertThat(WindowSampler.draw(100_000_000_000L, 4, 2048, 0))
        .containsExactly(14_728_970_919L, 42_650_314_067L, 71_695_145_948L, 75_344_941_917L);
  }

  @Test
  void takesEveryPlaceIfThereAreNoMore() {
    assertThat(WindowSampler.draw(3, 3, 1, 5)).containsExactly(0L, 1L, 2L);
    assertThat(WindowSampler.draw(7, 1, 7, 5)).containsExactly(0L);
  }

  /** All 10 pairs of 5 places, 20,000 draws: each count within 5 standard deviations, 42 each. */
  @Test
  void drawsEverySetEquallyOften() {
    Map<List<Long>, Integer> counts = new TreeMap<>((a, b) -> a.toString().compareTo(b.toString()));
    for (int seed = 0; seed < 20_000; seed++) {
      counts.merge(WindowSampler.draw(6, 2, 2, seed), 1, Integer::sum);
    }
    assertThat(counts).hasSize(10);
    assertThat(counts.values()).allSatisfy(n -> assertThat(n).isCloseTo(2000, within(212)));
  }

  @Test
  void saysHowManyWindowsThereWere() {
    assertThatThrownBy(() -> WindowSampler.draw(99, 10, 10, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "the texts have 99 tokens, which is 9 windows of 10 tokens, but 10 were asked for:"
                + " lower sequences or sequenceLength, or give more text");
  }
}

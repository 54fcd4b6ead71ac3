// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StreamPrefixTest {

  private record Text(int range, long size) {}

  @Test
  void isTheWholeStreamBelowTheBudget() {
    StreamPrefix prefix = new StreamPrefix(100);
    assertThat(prefix.add(65_535, 60)).isTrue();
    assertThat(prefix.add(0, 39)).isTrue();
    assertThat(StreamPrefix.isWhole(prefix.last())).isTrue();
    assertThat(prefix.add(1, 61)).isTrue();
    assertThat(prefix.last()).isEqualTo(1);
    assertThat(prefix.add(2, 1)).isFalse();
    assertThat(prefix.add(0, 100)).isTrue();
    assertThat(prefix.last()).isZero();
  }

  @Test
  void takesTheRangeFromTheDigestsBeginning() {
    assertThat(StreamPrefix.range("0000ffff")).isZero();
    assertThat(StreamPrefix.range("ffff0000")).isEqualTo(65_535);
  }

  /** Sorted and summed up in one place, against workers that see a part each, in any order. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 30})
  void endsWhereAllTextsReachTheBudgetHoweverTheyAreDividedUp(int workers) {
    Random random = new Random(workers);
    List<Text> texts =
        random.ints(3000).mapToObj(i -> new Text(i >>> 16, 1 + Math.floorMod(i, 37))).toList();
    for (long budget : new long[] {1, 50, 1000, 20_000, 1_000_000}) {
      StreamPrefix[] seen = new StreamPrefix[workers];
      Map<Integer, Long> kept = new HashMap<>();
      int left = 0;
      for (Text text : texts) {
        int worker = random.nextInt(workers);
        if (seen[worker] == null) {
          seen[worker] = new StreamPrefix(budget);
        }
        if (seen[worker].add(text.range(), text.size())) {
          kept.merge(text.range(), text.size(), Long::sum);
          left++;
        }
      }
      StreamPrefix all = new StreamPrefix(budget);
      kept.forEach(all::add);
      assertThat(all.last()).isEqualTo(end(texts, budget));
      if (budget <= 1000) {
        assertThat(left).isLessThan(texts.size());
      }
    }
  }

  private static int end(List<Text> texts, long budget) {
    long sum = 0;
    for (int range = 0; range < 65_536; range++) {
      int at = range;
      sum += texts.stream().filter(text -> text.range() == at).mapToLong(Text::size).sum();
      if (sum >= budget) {
        return range;
      }
    }
    return 65_535;
  }
}

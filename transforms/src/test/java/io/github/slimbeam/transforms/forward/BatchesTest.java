// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.forward.Batches.Batch;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchesTest {

  @Test
  void noSequencesMakeNoBatch() {
    assertThat(Batches.of(List.of(), 10)).isEmpty();
  }

  @Test
  void equallyLongNeighboursGoTogetherUpToTheLimit() {
    assertThat(Batches.of(List.of(3, 3, 3, 3), 10))
        .containsExactly(new Batch(0, 3, 3), new Batch(9, 1, 3));
    assertThat(Batches.of(List.of(3, 3, 3, 3), 12)).containsExactly(new Batch(0, 4, 3));
  }

  @Test
  void anotherLengthBeginsAnotherBatch() {
    assertThat(Batches.of(List.of(2, 2, 5, 2), 100))
        .containsExactly(new Batch(0, 2, 2), new Batch(4, 1, 5), new Batch(9, 1, 2));
  }

  @Test
  void aSequenceLongerThanTheLimitGoesAlone() {
    assertThat(Batches.of(List.of(20, 20), 10))
        .containsExactly(new Batch(0, 1, 20), new Batch(20, 1, 20));
  }

  @Test
  void lengthsBeyondTheSmallNumbersThatJavaSharesAreCompared() {
    List<Integer> lengths = List.of(Integer.valueOf("2048"), Integer.valueOf("2048"));
    assertThat(Batches.of(lengths, 8192)).containsExactly(new Batch(0, 2, 2048));
  }

  @Test
  void aBatchEndsWhereTheNextBegins() {
    List<Batch> batches = Batches.of(List.of(4, 4, 4, 1, 7, 7, 2), 8);
    for (int i = 1; i < batches.size(); i++) {
      assertThat(batches.get(i).firstToken()).isEqualTo(batches.get(i - 1).end());
    }
    assertThat(batches.get(batches.size() - 1).end()).isEqualTo(29);
  }
}

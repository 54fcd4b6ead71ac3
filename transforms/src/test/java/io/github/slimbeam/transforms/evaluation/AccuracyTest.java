// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.TaskScore;
import io.github.slimbeam.schemas.TaskScores;
import java.util.List;
import org.junit.jupiter.api.Test;

class AccuracyTest {

  /** The definition: the sample's standard deviation, with n − 1, over √n. */
  @Test
  void standardErrorIsThatOfTheMeanOfZerosAndOnes() {
    double[] answers = {1, 0, 1, 1, 0, 1, 1};
    double mean = 5.0 / 7;
    double squares = 0;
    for (double answer : answers) {
      squares += (answer - mean) * (answer - mean);
    }
    Accuracy accuracy = Accuracy.of(5, 7);
    assertThat(accuracy.value()).isEqualTo(mean);
    assertThat(accuracy.standardError())
        .isCloseTo(Math.sqrt(squares / 6) / Math.sqrt(7), within(1e-15));
    assertThat(Accuracy.of(7, 7).standardError()).isZero();
    assertThat(Accuracy.of(1, 1).standardError()).isNaN();
  }

  @Test
  void meansCountEachTaskTheSame() {
    List<TaskScore> scores =
        List.of(new TaskScore("a", 10L, 5L, null, 0L), new TaskScore("b", 100L, 20L, 40L, 0L));
    assertThat(Accuracy.meanPlain(scores).value()).isCloseTo(0.35, within(1e-15));
    assertThat(Accuracy.meanNormalised(scores).value()).isCloseTo(0.45, within(1e-15));
    assertThat(Accuracy.meanPlain(scores).standardError())
        .isCloseTo(Math.sqrt(0.25 / 9 + 0.16 / 99) / 2, within(1e-15));
  }

  @Test
  void addsUpByTask() {
    TaskScores a = new TaskScores(List.of(new TaskScore("b", 1L, 1L, 0L, 1L)));
    TaskScores b =
        new TaskScores(
            List.of(new TaskScore("b", 2L, 1L, 2L, 0L), new TaskScore("a", 3L, 2L, null, 0L)));
    TaskScores sum =
        new TaskScores(
            List.of(new TaskScore("a", 3L, 2L, null, 0L), new TaskScore("b", 3L, 2L, 2L, 1L)));
    assertThat(Accuracy.add(List.of(a, b))).isEqualTo(sum);
    assertThat(Accuracy.add(List.of(b, Accuracy.add(List.of(a))))).isEqualTo(sum);
    assertThat(Accuracy.add(List.of()).getTasks()).isEmpty();
  }
}

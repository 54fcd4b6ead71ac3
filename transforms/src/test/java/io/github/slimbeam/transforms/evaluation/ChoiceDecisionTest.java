// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.schemas.ScoredQuestion;
import io.github.slimbeam.schemas.TaskScore;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/** Decisions on likelihoods that are known. */
class ChoiceDecisionTest {

  @Test
  void theFirstOfEqualsWins() {
    ScoredQuestion tie = question(1, List.of(3, 3, 3), -2.0, -1.0, -1.0);
    assertThat(ChoiceDecision.likeliest(tie)).isEqualTo(1);
    assertThat(ChoiceDecision.likeliestPerCharacter(tie)).isEqualTo(1);
    assertThat(ChoiceDecision.score(tie)).isEqualTo(new TaskScore("t", 1L, 1L, 1L, 0L));
    assertThat(ChoiceDecision.score(question(2, List.of(3, 3, 3), -2.0, -1.0, -1.0)))
        .isEqualTo(new TaskScore("t", 1L, 0L, 0L, 0L));
    // Equal per character only.
    assertThat(ChoiceDecision.likeliestPerCharacter(question(0, List.of(2, 4), -1.0, -2.0)))
        .isZero();
  }

  @Test
  void lengthChangesTheWinner() {
    ScoredQuestion scored = question(1, List.of(2, 10), -3.0, -4.0);
    assertThat(ChoiceDecision.likeliest(scored)).isZero();
    assertThat(ChoiceDecision.likeliestPerCharacter(scored)).isEqualTo(1);
    assertThat(ChoiceDecision.score(scored)).isEqualTo(new TaskScore("t", 1L, 0L, 1L, 0L));
  }

  @Test
  void aChoiceWithoutCharactersIsNeverTakenPerCharacter() {
    assertThat(ChoiceDecision.likeliestPerCharacter(question(0, List.of(0, 5), -0.1, -90.0)))
        .isEqualTo(1);
  }

  @Test
  void countsNoSecondMetricWhereTheTaskHasNone() {
    ScoredQuestion scored = question(0, List.of(1, 1), -1.0, -2.0);
    ChoiceQuestion plain =
        new ChoiceQuestion("t", 0, "f:1", scored.getQuestion().getChoices(), 0, false);
    assertThat(ChoiceDecision.score(new ScoredQuestion(plain, scored.getLogLikelihoods(), true)))
        .isEqualTo(new TaskScore("t", 1L, 1L, null, 1L));
  }

  private static ScoredQuestion question(int gold, List<Integer> lengths, double... scores) {
    List<ChoiceText> choices =
        lengths.stream().map(length -> new ChoiceText("c", " x", length)).toList();
    return new ScoredQuestion(
        new ChoiceQuestion("t", 0, "f:1", choices, gold, true),
        Arrays.stream(scores).boxed().toList(),
        false);
  }

  @Test
  void greatestOfMany() {
    double[] scores = DoubleStream.iterate(-40, x -> x + 1).limit(40).toArray();
    assertThat(ChoiceDecision.likeliest(question(0, Collections.nCopies(40, 1), scores)))
        .isEqualTo(39);
  }
}

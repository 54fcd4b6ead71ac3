// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.schemas.ScoredQuestion;
import io.github.slimbeam.schemas.TaskScore;
import java.util.List;

/**
 * Which choice a model takes: the one with the greatest log-likelihood (acc), or with the greatest
 * log-likelihood per character (acc_norm). The first of equals wins.
 */
public final class ChoiceDecision {
  private ChoiceDecision() {}

  /** The choice of the highest log-likelihood, counted from 0. */
  public static int likeliest(ScoredQuestion scored) {
    return greatest(scored.getLogLikelihoods().stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** The choice likeliest per character; one without characters is never taken. */
  public static int likeliestPerCharacter(ScoredQuestion scored) {
    List<ChoiceText> choices = scored.getQuestion().getChoices();
    double[] perCharacter = new double[choices.size()];
    for (int i = 0; i < perCharacter.length; i++) {
      perCharacter[i] = scored.getLogLikelihoods().get(i) / choices.get(i).getLength();
    }
    return greatest(perCharacter);
  }

  /** The score of a task of this one question. */
  public static TaskScore score(ScoredQuestion scored) {
    int gold = scored.getQuestion().getGold();
    return new TaskScore(
        scored.getQuestion().getTask(),
        1L,
        likeliest(scored) == gold ? 1L : 0L,
        scored.getQuestion().getNormalised()
            ? (Long) (likeliestPerCharacter(scored) == gold ? 1L : 0L)
            : null,
        scored.getCut() ? 1L : 0L);
  }

  private static int greatest(double... values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}

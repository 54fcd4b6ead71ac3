// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.forward.ContinuationScorer.Continuation;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.NaiveLikelihood;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContinuationScorerTest {
  @TempDir private Path directory;
  private Model model;
  private final List<Continuation> continuations = new ArrayList<>();

  /** 200 of 2 to 40 tokens, more scored tokens than there are rows of logits at once. */
  @BeforeEach
  void draw() throws IOException {
    model = SmallModel.llama().withLayers(2).writeTo(directory);
    Random random = new Random(5);
    for (int i = 0; i < 200; i++) {
      int length = 2 + random.nextInt(39);
      List<Integer> tokens = random.ints(length, 0, 32).boxed().toList();
      continuations.add(new Continuation(tokens, 1 + random.nextInt(length - 1)));
    }
  }

  @Test
  void equalsTheNaiveSoftmaxOneAtATime() throws IOException {
    List<Double> scores = ContinuationScorer.of(model).logLikelihoods(continuations);
    for (int i = 0; i < scores.size(); i++) {
      Continuation c = continuations.get(i);
      // Logits are F32: about 1e-6 a token.
      assertThat(scores.get(i))
          .as("%s", c)
          .isCloseTo(NaiveLikelihood.of(model, c.tokens(), c.scored()), within(1e-5 * c.scored()));
    }
  }

  @Test
  void chunksChangeNothingButRounding() throws IOException {
    List<Double> whole = ContinuationScorer.of(model).logLikelihoods(continuations);
    List<Double> chunked =
        new ContinuationScorer(new LanguageModel(model), 50).logLikelihoods(continuations);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(chunked.get(i)).isCloseTo(whole.get(i), within(1e-5 * 40));
    }
  }

  /** Equal choices must tie, wherever in a batch they would stand. */
  @Test
  void theSameScoresExactlyTheSame() throws IOException {
    List<Continuation> twice = new ArrayList<>(continuations);
    List<Continuation> again = new ArrayList<>(continuations);
    Collections.reverse(again);
    twice.addAll(again);
    List<Double> scores = ContinuationScorer.of(model).logLikelihoods(twice);
    for (int i = 0; i < 200; i++) {
      assertThat(scores.get(i)).isEqualTo(scores.get(399 - i));
    }
  }

  @Test
  void inputsThatDifferInTheLastTokenAloneKeepTheirOwnScores() throws IOException {
    List<Continuation> some =
        List.of(
            new Continuation(List.of(1, 5, 9, 3), 1),
            new Continuation(List.of(1, 5, 9, 4), 1),
            new Continuation(List.of(1, 5, 9, 4), 3));
    List<Double> scores = ContinuationScorer.of(model).logLikelihoods(some);
    for (int i = 0; i < some.size(); i++) {
      assertThat(scores.get(i))
          .isCloseTo(
              NaiveLikelihood.of(model, some.get(i).tokens(), some.get(i).scored()), within(1e-5));
    }
  }

  @Test
  void refusesTokensThatTheModelDoesNotHave() throws IOException {
    assertThat(ContinuationScorer.of(model).logLikelihoods(List.of())).isEmpty();
    assertThatThrownBy(
            () ->
                ContinuationScorer.of(model)
                    .logLikelihoods(List.of(new Continuation(List.of(1, 2, 99), 1))))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("token id 99");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.pruning.SlimLlm.Search;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an outcome says of the scores by which it was chosen. */
class OutcomeScoresTest {

  static Stream<PruningMethod> scored() {
    return Stream.concat(
        Arrays.stream(HeadScore.values())
            .map(score -> new SlimGpt(score, GroupSizes.GEOMETRIC, 0.01)),
        Stream.of(
            SlimLlm.defaults(),
            new SlimLlm(Search.NONE, false),
            new Flap(),
            new Wanda(),
            new Magnitude()));
  }

  @ParameterizedTest
  @MethodSource("scored")
  void everyUnitHasTheScoreItHadAtFirstWhateverIsRemovedAndRecovered(PruningMethod method) {
    try (TorchScope scope = TorchScope.open()) {
      for (Tokens tokens : List.of(Tokens.heads(1), Tokens.groups(2), Tokens.channels(3))) {
        List<Double> scores = method.prune(scope, tokens.problem(scope, 1)).scores();
        assertThat(scores).hasSize(tokens.units).doesNotHaveDuplicates();
        PruningProblem half = tokens.problem(scope, tokens.units / 2);
        assertThat(method.prune(scope, half).scores()).isEqualTo(scores);
        for (Recovery recovery : Recovery.values()) {
          assertThat(new Combination(method, recovery).prune(scope, half).scores())
              .as("%s on %s", recovery, tokens)
              .isEqualTo(scores);
        }
        assertThat(method.prune(scope, tokens.problem(scope, 0)).scores()).isEmpty();
      }
    }
  }

  static Stream<PruningMethod> removingTheLowest() {
    return Stream.of(new Flap(), new Wanda(), new Magnitude());
  }

  @ParameterizedTest
  @MethodSource("removingTheLowest")
  void theRemovedAreThoseOfTheLowestScores(PruningMethod method) {
    try (TorchScope scope = TorchScope.open()) {
      for (Tokens tokens : List.of(Tokens.heads(1), Tokens.groups(2), Tokens.channels(3))) {
        int removed = tokens.units / 2;
        PruningOutcome outcome = method.prune(scope, tokens.problem(scope, removed));
        assertThat(outcome.removalOrder())
            .isEqualTo(ascending(tokens, outcome).subList(0, removed));
        double highest = Collections.max(outcome.scoresOf(outcome.removalOrder()));
        assertThat(outcome.scoresOf(outcome.kept())).allMatch(score -> score > highest);
      }
    }
  }

  /** SlimLLM's default exchanges units after the choice, and spares the lowest channel. */
  static Stream<PruningMethod> keepingToTheScores() {
    return scored().filter(method -> !method.equals(SlimLlm.defaults()));
  }

  @ParameterizedTest
  @MethodSource("keepingToTheScores")
  void theFirstToGoIsTheLowestOrForSlimLlmsAttentionTheHighest(PruningMethod method) {
    try (TorchScope scope = TorchScope.open()) {
      for (Tokens tokens : List.of(Tokens.heads(1), Tokens.groups(2), Tokens.channels(3))) {
        PruningOutcome outcome = method.prune(scope, tokens.problem(scope, tokens.units / 2));
        boolean highest = method instanceof SlimLlm && tokens.kind == SublayerKind.ATTENTION;
        assertThat(outcome.removalOrder().get(0))
            .isEqualTo(ascending(tokens, outcome).get(highest ? tokens.units - 1 : 0));
      }
    }
  }

  @Test
  void aRandomChoiceHasNoScores() {
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = new RandomUnits(1).prune(scope, Tokens.heads(1).problem(scope, 2));
      assertThat(outcome.scores()).isEmpty();
      assertThat(outcome.scoresOf(outcome.kept())).isEmpty();
    }
  }

  private static List<Integer> ascending(Tokens tokens, PruningOutcome outcome) {
    return tokens.all().stream().sorted(Comparator.comparing(outcome.scores()::get)).toList();
  }
}

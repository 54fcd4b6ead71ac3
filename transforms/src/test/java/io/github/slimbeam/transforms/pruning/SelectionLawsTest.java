// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.transforms.pruning.PruningMethod.Needs;
import io.github.slimbeam.transforms.pruning.SlimLlm.Search;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What must hold of every selection. SlimGPT's laws have a test of their own. */
class SelectionLawsTest {

  static Stream<PruningMethod> scored() {
    return Stream.of(
        new SlimLlm(Search.NONE, false),
        SlimLlm.defaults(),
        new SlimLlm(Search.EXHAUSTIVE, true),
        new Flap(),
        new Wanda(),
        new Magnitude());
  }

  @ParameterizedTest
  @MethodSource("scored")
  void reorderingTheUnitsReordersTheSelection(PruningMethod method) {
    for (int seed = 0; seed < 6; seed++) {
      for (Tokens tokens :
          List.of(Tokens.heads(seed), Tokens.groups(seed), Tokens.channels(seed))) {
        List<Integer> order = new ArrayList<>(tokens.all());
        Collections.shuffle(order, new Random(seed));
        int removed = tokens.units / 2;
        List<Integer> others = removed(method, tokens.reordered(order), removed);
        assertThat(others.stream().map(order::get).toList())
            .isEqualTo(removed(method, tokens, removed));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("scored")
  void keptAndRemovedUnitsAreAllUnitsAndKeptAscend(PruningMethod method) {
    for (Tokens tokens : List.of(Tokens.heads(1), Tokens.groups(1), Tokens.channels(1))) {
      for (int removed = 0; removed < tokens.units; removed++) {
        try (TorchScope scope = TorchScope.open()) {
          PruningOutcome outcome = method.prune(scope, tokens.problem(scope, removed));
          assertThat(outcome.kept()).isSorted().hasSize(tokens.units - removed);
          assertThat(outcome.removalOrder())
              .hasSize(removed)
              .doesNotHaveDuplicates()
              .doesNotContainAnyElementsOf(outcome.kept());
        }
      }
    }
  }

  @Test
  void aRandomSelectionIsDecidedByItsSeed() {
    Tokens tokens = Tokens.channels(1);
    List<Integer> first = removed(new RandomUnits(1), tokens, 60);
    assertThat(removed(new RandomUnits(1), tokens, 60)).isEqualTo(first);
    assertThat(removed(new RandomUnits(2), tokens, 60)).isNotEqualTo(first);
    assertThat(new RandomUnits(2).options()).containsExactly(new RecipeOption("seed", "2"));
  }

  @Test
  void randomSelectionsDifferFromSublayerToSublayer() {
    List<List<Integer>> samples = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      for (Tokens tokens : List.of(Tokens.channels(1), Tokens.heads(1))) {
        for (int layer = 0; layer < 8; layer++) {
          samples.add(sample(scope, tokens, 3, layer));
        }
      }
    }
    assertThat(samples.subList(0, 8)).doesNotHaveDuplicates();
    assertThat(samples.subList(8, 16)).hasSizeGreaterThan(1);
    assertThat(Collections.frequency(samples.subList(8, 16), samples.get(8))).isLessThan(8);
  }

  /** Of 6 heads 1 goes in each of 300 layers: 50 times each, standard deviation 6.5. */
  @Test
  void randomSelectionsTakeEveryUnitEquallyOften() {
    double[] often = new double[6];
    try (TorchScope scope = TorchScope.open()) {
      Tokens tokens = Tokens.heads(1);
      for (int layer = 0; layer < 300; layer++) {
        often[sample(scope, tokens, 1, layer).get(0)]++;
      }
    }
    double[] expected = new double[6];
    Arrays.fill(expected, 50);
    assertThat(often).containsExactly(expected, within(26.0));
  }

  @Test
  void aRecoveryNeedsTheMomentsEvenWhereItsSelectionNeedsNothing() {
    assertThat(new Combination(new Magnitude(), Recovery.NONE).needs()).isEqualTo(Needs.NOTHING);
    assertThat(new Combination(new Magnitude(), Recovery.BIAS).needs()).isEqualTo(Needs.MOMENTS);
    assertThat(new Combination(SlimLlm.defaults(), Recovery.BIAS).needs())
        .isEqualTo(Needs.MOMENTS_AND_OPENINGS);
  }

  @Test
  void aCombinationSaysItsSelectionAndItsRecovery() {
    Combination combination = new Combination(SlimLlm.defaults(), Recovery.LEAST_SQUARES);
    assertThat(combination.name()).isEqualTo("slimllm");
    assertThat(combination.profile().schedule()).isEqualTo("similarity");
    assertThat(combination.profile().reference()).contains("SlimLLM").contains("2025");
    assertThat(combination.options().stream().map(o -> o.getName() + "=" + o.getValue()))
        .containsExactly("search=sweep", "keepLowest=true", "recovery=leastSquares");
    assertThat(Combination.of(combination)).isSameAs(combination);
    assertThat(Combination.of(new Flap()).recovery()).isEqualTo(Recovery.BIAS);
  }

  private static List<Integer> removed(PruningMethod method, Tokens tokens, int removed) {
    try (TorchScope scope = TorchScope.open()) {
      return method.prune(scope, tokens.problem(scope, removed)).removalOrder();
    }
  }

  private static List<Integer> sample(TorchScope scope, Tokens tokens, int removed, int layer) {
    PruningProblem first = tokens.problem(scope, removed);
    PruningProblem problem =
        new PruningProblem(
            first.where(),
            new SublayerKey(layer, first.kind()),
            first.weight(),
            first.openings(),
            first.moments(),
            first.units(),
            first.unitSize(),
            removed);
    return new RandomUnits(7).prune(scope, problem).removalOrder();
  }
}

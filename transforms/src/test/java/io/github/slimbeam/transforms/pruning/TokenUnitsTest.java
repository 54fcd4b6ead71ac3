// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.pruning.SlimLlm.Search;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * SlimLLM's unit scores and search against the authors' code read literally: every J from all
 * tokens.
 */
class TokenUnitsTest {
  private static final Percentage MILLIONTH = Percentage.withPercentage(1e-4);

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aUnitsScoreIsTheLikenessOfTheOutputWithoutIt(boolean grouped) {
    for (long seed = 0; seed < 5; seed++) {
      Tokens tokens = Tokens.attention(seed, grouped);
      try (TorchScope scope = TorchScope.open()) {
        double[] actual = SlimLlm.unitScores(tokens.problem(scope, 1));
        assertThat(actual).hasSize(tokens.units);
        for (int unit = 0; unit < actual.length; unit++) {
          assertThat(actual[unit]).isCloseTo(withoutUnit(tokens, unit), MILLIONTH);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void everySearchTakesOutTheUnitsOfTheLiteralSearch(boolean grouped) {
    for (long seed = 0; seed < 12; seed++) {
      Tokens tokens = Tokens.attention(seed, grouped);
      for (int removed = 0; removed < tokens.units; removed++) {
        for (Search search : Search.values()) {
          assertThat(removedBy(search, tokens, removed))
              .as("seed %d, %d units, %s", seed, removed, search)
              .isEqualTo(literal(search, tokens, removed));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void searchingNeverLowersTheLikeness(boolean grouped) {
    int improved = 0;
    for (long seed = 0; seed < 30; seed++) {
      Tokens tokens = Tokens.attention(seed, grouped);
      int removed = tokens.units / 2;
      double none = likeness(tokens, left(tokens, removedBy(Search.NONE, tokens, removed)));
      double sweep = likeness(tokens, left(tokens, removedBy(Search.SWEEP, tokens, removed)));
      double exhaustive =
          likeness(tokens, left(tokens, removedBy(Search.EXHAUSTIVE, tokens, removed)));
      assertThat(sweep).isGreaterThanOrEqualTo(none);
      assertThat(exhaustive).isGreaterThanOrEqualTo(sweep);
      improved += sweep > none ? 1 : 0;
    }
    assertThat(improved).as("seeds where the search finds something").isPositive();
  }

  @Test
  void anExhaustiveSearchCannotBeImprovedByAnyExchange() {
    for (long seed = 0; seed < 12; seed++) {
      Tokens tokens = Tokens.heads(seed);
      List<Integer> out = removedBy(Search.EXHAUSTIVE, tokens, 3);
      List<Integer> in = left(tokens, out);
      double reached = likeness(tokens, in);
      for (int candidate : out) {
        for (int place = 0; place < in.size(); place++) {
          List<Integer> other = new ArrayList<>(in);
          other.set(place, candidate);
          assertThat(likeness(tokens, other)).isLessThanOrEqualTo(reached * (1 + 1e-9));
        }
      }
    }
  }

  private static List<Integer> removedBy(Search search, Tokens tokens, int removed) {
    try (TorchScope scope = TorchScope.open()) {
      return new SlimLlm(search, true).prune(scope, tokens.problem(scope, removed)).removalOrder();
    }
  }

  private static List<Integer> literal(Search search, Tokens tokens, int removed) {
    List<Integer> order = new ArrayList<>(tokens.all());
    order.sort(Comparator.comparingDouble(unit -> -withoutUnit(tokens, unit)));
    List<Integer> out = new ArrayList<>(order.subList(0, removed));
    List<Integer> in = new ArrayList<>(order.subList(removed, order.size()));
    boolean again = search != Search.NONE;
    while (again) {
      again = sweep(tokens, in, out) && search == Search.EXHAUSTIVE;
    }
    return out;
  }

  private static boolean sweep(Tokens tokens, List<Integer> in, List<Integer> out) {
    double best = likeness(tokens, in);
    boolean improved = false;
    for (int i = 0; i < out.size(); i++) {
      int bestPlace = -1;
      for (int place = 0; place < in.size(); place++) {
        List<Integer> other = new ArrayList<>(in);
        other.set(place, out.get(i));
        double score = likeness(tokens, other);
        if (score > best) {
          best = score;
          bestPlace = place;
        }
      }
      if (bestPlace >= 0) {
        out.set(i, in.set(bestPlace, out.get(i)));
        improved = true;
      }
    }
    return improved;
  }

  private static List<Integer> left(Tokens tokens, List<Integer> out) {
    return tokens.all().stream().filter(unit -> !out.contains(unit)).toList();
  }

  private static double withoutUnit(Tokens tokens, int unit) {
    return likeness(tokens, left(tokens, List.of(unit)));
  }

  /** J: |Pearson| of kept and whole output over the tokens, summed over the output channels. */
  private static double likeness(Tokens tokens, List<Integer> kept) {
    double[][] whole = tokens.output(tokens.all());
    double[][] part = tokens.output(kept);
    double total = 0;
    for (int c = 0; c < whole.length; c++) {
      total += Math.abs(pearson(part[c], whole[c]));
    }
    return total;
  }

  private static double pearson(double[] x, double[] y) {
    double meanX = Arrays.stream(x).average().orElseThrow();
    double meanY = Arrays.stream(y).average().orElseThrow();
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int t = 0; t < x.length; t++) {
      xy += (x[t] - meanX) * (y[t] - meanY);
      xx += (x[t] - meanX) * (x[t] - meanX);
      yy += (y[t] - meanY) * (y[t] - meanY);
    }
    return xy / Math.sqrt(xx * yy);
  }
}

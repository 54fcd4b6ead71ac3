// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GivenUnitsTest {
  private static final double DAMPING = 0.01;

  /** W H[:, R] (H_RR)⁻¹ by naive matrices, whether the recovery solves for it or the refit. */
  @ParameterizedTest
  @EnumSource(
      value = Refit.class,
      names = {"NONE", "CLOSING"})
  void whatStaysIsSolvedFor(Refit refit) {
    for (int seed = 0; seed < 12; seed++) {
      Tokens tokens = seed % 2 == 0 ? Tokens.groups(seed) : Tokens.channels(seed);
      List<Integer> kept = someOf(tokens.units, seed);
      Combination method =
          new Combination(
              new GivenUnits(), Recovery.COMPENSATION, Target.SELF, Refitting.of(refit));
      try (TorchScope scope = TorchScope.open()) {
        PruningOutcome outcome = method.prune(scope, problem(scope, tokens, kept));
        assertThat(outcome.kept()).isEqualTo(kept);
        assertThat(outcome.weight().toDoubleArray())
            .containsExactly(NaiveMatrix.flat(solved(tokens, kept)), within(1e-8));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Recovery.class,
      names = {"NONE", "BIAS"})
  void whatStaysCanStayAsItIs(Recovery recovery) {
    Tokens tokens = Tokens.groups(3);
    List<Integer> kept = someOf(tokens.units, 3);
    Combination method =
        new Combination(new GivenUnits(), recovery, Target.SELF, Refitting.of(Refit.NONE));
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = method.prune(scope, problem(scope, tokens, kept));
      assertThat(outcome.weight().toDoubleArray())
          .containsExactly(
              NaiveMatrix.flat(NaiveMatrix.columns(tokens.w, tokens.columns(outcome.kept()))));
      assertThat(outcome.bias() != null).isEqualTo(recovery == Recovery.BIAS);
    }
  }

  @Test
  void aPlanThatNamesNoneIsAnError() {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = Tokens.channels(1).problem(scope, 2);
      assertThatThrownBy(() -> new GivenUnits().prune(scope, problem))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the plan names 0 units that stay, and removes 2 of ");
    }
  }

  private static List<Integer> someOf(int units, long seed) {
    Random random = new Random(seed);
    List<Integer> kept =
        IntStream.range(0, units).filter(unit -> random.nextBoolean()).boxed().toList();
    return kept.isEmpty() || kept.size() == units ? List.of(units - 1) : kept;
  }

  private static PruningProblem problem(TorchScope scope, Tokens tokens, List<Integer> kept) {
    PruningProblem all = tokens.problem(scope, tokens.units - kept.size());
    return new PruningProblem(
        all.where(),
        all.sublayer(),
        all.weight(),
        all.openings(),
        all.moments(),
        all.units(),
        all.unitSize(),
        all.removed(),
        kept);
  }

  private static double[][] solved(Tokens tokens, List<Integer> kept) {
    double[][] h = NaiveMatrix.product(tokens.x, NaiveMatrix.transposed(tokens.x));
    double mean = IntStream.range(0, h.length).mapToDouble(i -> h[i][i]).average().orElseThrow();
    for (int i = 0; i < h.length; i++) {
      h[i][i] += DAMPING * mean;
    }
    int[] columns = tokens.columns(kept);
    return NaiveMatrix.product(
        NaiveMatrix.product(tokens.w, NaiveMatrix.columns(h, columns)),
        NaiveMatrix.inverse(NaiveMatrix.block(h, columns)));
  }
}

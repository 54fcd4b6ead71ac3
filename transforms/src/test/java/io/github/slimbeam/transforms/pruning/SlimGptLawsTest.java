// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.ModelConfigTest;
import io.github.slimbeam.transforms.statistics.MomentsTest;
import io.github.slimbeam.transforms.statistics.NaiveMatrix;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What must hold whatever the numbers are: 6 units of 3 columns, or 18 channels. */
class SlimGptLawsTest {
  private static final int ROWS = 7;
  private static final int UNITS = 6;
  private static final int SIZE = 3;
  private static final int COLUMNS = UNITS * SIZE;
  private static final double[][] W = NaiveMatrix.random(8, ROWS, COLUMNS);
  private static final double[][] X = NaiveMatrix.random(9, COLUMNS, 60);

  @ParameterizedTest
  @EnumSource
  void removingNothingIsTheIdentity(SublayerKind kind) {
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome = SlimGpt.defaults().prune(scope, problem(scope, W, X, kind, 0));
      assertThat(outcome.weight().toDoubleArray()).containsExactly(NaiveMatrix.flat(W));
      int units = kind == SublayerKind.FFN ? COLUMNS : UNITS;
      assertThat(outcome.kept()).isEqualTo(IntStream.range(0, units).boxed().toList());
      assertThat(outcome.removalOrder()).isEmpty();
      assertThat(outcome.stepErrors()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource
  void permutingUnitsPermutesTheResult(HeadScore score) {
    int[] order = {4, 0, 5, 2, 1, 3};
    assertPermuted(
        new SlimGpt(score, GroupSizes.GEOMETRIC, 0.01), SublayerKind.ATTENTION, order, 3);
  }

  @ParameterizedTest
  @EnumSource
  void permutingChannelsPermutesTheResult(GroupSizes sizes) {
    int[] order = {17, 3, 9, 1, 0, 2, 16, 4, 15, 5, 14, 6, 13, 7, 12, 8, 11, 10};
    assertPermuted(new SlimGpt(HeadScore.EXACT, sizes, 0.01), SublayerKind.FFN, order, 11);
  }

  private static void assertPermuted(SlimGpt method, SublayerKind kind, int[] order, int removed) {
    int size = COLUMNS / order.length;
    int[] columns = SublayerWeights.positions(Arrays.stream(order).boxed().toList(), size);
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome plain = method.prune(scope, problem(scope, W, X, kind, removed));
      double[][] x =
          NaiveMatrix.transposed(NaiveMatrix.columns(NaiveMatrix.transposed(X), columns));
      PruningOutcome permuted =
          method.prune(scope, problem(scope, NaiveMatrix.columns(W, columns), x, kind, removed));
      assertThat(permuted.removalOrder().stream().map(u -> order[u]))
          .isEqualTo(plain.removalOrder());
      assertThat(permuted.kept().stream().map(u -> order[u]).sorted()).isEqualTo(plain.kept());
      double[] weights = plain.weight().toDoubleArray();
      double[] others = permuted.weight().toDoubleArray();
      int width = plain.kept().size() * size;
      for (int i = 0; i < others.length; i++) {
        int unit = order[permuted.kept().get(i % width / size)];
        int place = plain.kept().indexOf(unit) * size + i % width % size;
        assertThat(others[i]).isCloseTo(weights[i / width * width + place], within(1e-10));
      }
    }
  }

  @Test
  void withoutGroupedQueryAttentionTheUnitIsAHead() throws IOException {
    var config = ModelConfigTest.llama7b();
    assertThat(config.span(Family.Dimension.queries, config.layers().get(0))).isEqualTo(128);
    assertThat(config.layers().get(0).units(SublayerKind.ATTENTION)).isEqualTo(32);
  }

  @Test
  void deadInputsGoFirstAndCostNothing() {
    double[][] x = Arrays.stream(X).map(double[]::clone).toArray(double[][]::new);
    for (int dead : new int[] {4, 11, 12, 13, 14}) {
      Arrays.fill(x[dead], 0);
    }
    SlimGpt method = SlimGpt.defaults();
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome channels = method.prune(scope, problem(scope, W, x, SublayerKind.FFN, 5));
      assertThat(channels.removalOrder()).containsExactly(4, 11, 12, 13, 14);
      assertThat(channels.stepErrors()).allMatch(e -> e == 0);
      PruningOutcome heads = method.prune(scope, problem(scope, W, x, SublayerKind.ATTENTION, 1));
      assertThat(heads.removalOrder()).containsExactly(4);
      assertThat(heads.stepErrors()).containsExactly(0.0);
    }
  }

  @ParameterizedTest
  @EnumSource
  void theScoreOfAUnitOfOneColumnIsEquationFour(HeadScore score) {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = problem(scope, W, X, SublayerKind.FFN, 1);
      OptimalBrainSurgeon surgeon =
          OptimalBrainSurgeon.start(scope, problem.weight(), problem.moments(), 1, 1, 0.01, "test");
      assertThat(surgeon.unitErrors(score))
          .containsExactly(surgeon.unitErrors(HeadScore.DIAGONAL), within(1e-10));
    }
  }

  @Test
  void keptAndRemovedUnitsAreAllUnitsAndKeptAscend() {
    for (SublayerKind kind : SublayerKind.values()) {
      int units = kind == SublayerKind.FFN ? COLUMNS : UNITS;
      for (int removed = 0; removed < units; removed++) {
        try (TorchScope scope = TorchScope.open()) {
          PruningOutcome outcome =
              SlimGpt.defaults().prune(scope, problem(scope, W, X, kind, removed));
          assertThat(outcome.kept()).isSorted().hasSize(units - removed);
          assertThat(outcome.removalOrder())
              .hasSize(removed)
              .doesNotHaveDuplicates()
              .doesNotContainAnyElementsOf(outcome.kept());
        }
      }
    }
  }

  @Test
  void theRecipeNamesWhatDecides() {
    SlimGpt method = new SlimGpt(HeadScore.GROUPED, GroupSizes.AUTHORS, 0.25);
    assertThat(method.name()).isEqualTo("slimgpt");
    assertThat(method.profile().reference()).contains("SlimGPT").contains("2024");
    assertThat(method.options().stream().map(o -> o.getName() + "=" + o.getValue()))
        .containsExactly("headScore=grouped", "groupSizes=authors", "damping=0.25");
  }

  @Test
  void whatCannotBeMeantIsRefused() {
    for (double damping : new double[] {-0.1, 1, Double.NaN}) {
      assertThatThrownBy(() -> new SlimGpt(HeadScore.EXACT, GroupSizes.FIXED, damping))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(String.format(Locale.ROOT, "damping %s: expected 0 ≤ damping < 1", damping));
    }
    try (TorchScope scope = TorchScope.open()) {
      for (int removed : List.of(-1, UNITS)) {
        assertThatThrownBy(() -> problem(scope, W, X, SublayerKind.ATTENTION, removed))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("test: cannot remove " + removed + " of 6 units");
      }
      NDArray weight = scope.float64(new double[6], 2, 3);
      assertThatThrownBy(
              () ->
                  new PruningProblem(
                      "test",
                      new SublayerKey(0, SublayerKind.FFN),
                      weight,
                      List.of(),
                      null,
                      2,
                      2,
                      0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("test: weight (2, 3) does not hold 2 units of 2");
    }
  }

  private static PruningProblem problem(
      TorchScope scope, double[][] w, double[][] x, SublayerKind kind, int removed) {
    boolean channels = kind == SublayerKind.FFN;
    return new PruningProblem(
        "test",
        new SublayerKey(0, kind),
        scope.float64(NaiveMatrix.flat(w), ROWS, COLUMNS),
        List.of(),
        MomentsTest.moments(scope, x),
        channels ? COLUMNS : UNITS,
        channels ? 1 : SIZE,
        removed);
  }
}

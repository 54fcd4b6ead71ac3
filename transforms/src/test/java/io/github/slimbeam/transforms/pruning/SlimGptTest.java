// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Against an independent float64 formulation on the example model's layer 2, kept in the fixtures.
 */
class SlimGptTest {
  private static final String HEADS = "slimgpt-heads";
  private static final String CHANNELS = "slimgpt-channels";

  @ParameterizedTest
  @EnumSource
  void headsAsTheFixture(HeadScore score) throws IOException {
    String prefix = score.name().toLowerCase(Locale.ROOT) + ".";
    try (TorchScope scope = TorchScope.open()) {
      PruningOutcome outcome =
          new SlimGpt(score, GroupSizes.GEOMETRIC, 0.01)
              .prune(scope, problem(scope, HEADS, SublayerKind.ATTENTION, 4, 32, 3));
      List<Integer> order = integers(scope, HEADS, prefix + "removed_in_order");
      assertThat(outcome.removalOrder()).isEqualTo(order);
      double[] after = ExampleModel.values(scope, HEADS, prefix + "W_after");
      assertSame(outcome, after, 128, 32);
    }
  }

  @ParameterizedTest
  @EnumSource
  void headErrorsAsTheFixture(HeadScore score) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = problem(scope, HEADS, SublayerKind.ATTENTION, 4, 32, 1);
      OptimalBrainSurgeon surgeon =
          OptimalBrainSurgeon.start(
              scope, problem.weight(), problem.moments(), 32, 96, 0.01, "test");
      String prefix = score.name().toLowerCase(Locale.ROOT) + ".";
      double[] expected = ExampleModel.values(scope, HEADS, prefix + "errors");
      for (int step = 0; step < 3; step++) {
        double[] left =
            Arrays.stream(Arrays.copyOfRange(expected, 4 * step, 4 * step + 4))
                .filter(Double::isFinite)
                .toArray();
        double[] actual = surgeon.unitErrors(score);
        // Condition of the damped Hessian about 1e4, float64: ten digits remain.
        assertThat(actual).containsExactly(left, within(1e-9));
        int least =
            IntStream.range(0, left.length)
                .reduce((a, b) -> left[b] < left[a] ? b : a)
                .orElseThrow();
        double error = surgeon.remove(SublayerWeights.positions(List.of(least), 32));
        if (score == HeadScore.EXACT) {
          assertThat(error).as("the score is the joint error").isCloseTo(left[least], within(1e-9));
        }
      }
    }
  }

  @Test
  void channelsAsTheFixture() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      List<Integer> sizes = integers(scope, CHANNELS, "group_sizes");
      assertThat(GroupSizes.GEOMETRIC.of(176, 352))
          .containsExactly(sizes.stream().mapToInt(i -> i).toArray());
      PruningOutcome outcome =
          SlimGpt.defaults().prune(scope, problem(scope, CHANNELS, SublayerKind.FFN, 352, 1, 176));
      assertThat(outcome.removalOrder()).isEqualTo(integers(scope, CHANNELS, "removed_in_order"));
      assertSame(outcome, ExampleModel.values(scope, CHANNELS, "W_after"), 352, 1);
      assertThat(outcome.stepErrors().stream().mapToDouble(Double::doubleValue).sum())
          .isCloseTo(ExampleModel.values(scope, CHANNELS, "error")[0], within(1e-8));
    }
  }

  private static void assertSame(
      PruningOutcome outcome, double[] after, int columns, int unitSize) {
    int[] kept = SublayerWeights.positions(outcome.kept(), unitSize);
    double[] weight = outcome.weight().toDoubleArray();
    int rows = after.length / columns;
    assertThat(weight).hasSize(rows * kept.length);
    for (int row = 0; row < rows; row++) {
      for (int i = 0; i < kept.length; i++) {
        assertThat(weight[row * kept.length + i])
            .isCloseTo(after[row * columns + kept[i]], within(1e-9));
      }
    }
  }

  static PruningProblem problem(
      TorchScope scope, String fixture, SublayerKind kind, int units, int unitSize, int removed)
      throws IOException {
    NDArray weight = ExampleModel.fixture(scope, fixture, "W");
    Moments moments =
        new Moments(
            (long) ExampleModel.values(scope, fixture, "count")[0],
            ExampleModel.fixture(scope, fixture, "sum"),
            Gram.of(ExampleModel.fixture(scope, fixture, "gram")),
            ExampleModel.fixture(scope, "slimllm", "opening.squared_norms"));
    return new PruningProblem(
        "layer 2", new SublayerKey(2, kind), weight, List.of(), moments, units, unitSize, removed);
  }

  private static List<Integer> integers(TorchScope scope, String fixture, String tensor)
      throws IOException {
    return Arrays.stream(ExampleModel.values(scope, fixture, tensor))
        .mapToObj(d -> (int) d)
        .toList();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** Against token-level formulas on the example model's layer 2, kept in the fixtures. */
class SlimLlmTest {
  private static final Percentage MILLIONTH = Percentage.withPercentage(1e-4);

  @Test
  void unitScoresAsTheFixture() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      double[] expected = ExampleModel.values(scope, "slimllm", "head_scores");
      double[] actual = SlimLlm.unitScores(attention(scope, 1));
      assertThat(actual).hasSize(4);
      for (int i = 0; i < 4; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], MILLIONTH);
      }
    }
  }

  @Test
  void keepsTheUnitsOfTheFixture() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      for (int removed = 1; removed <= 2; removed++) {
        List<Integer> kept = SlimLlm.defaults().prune(scope, attention(scope, removed)).kept();
        assertThat(kept)
            .containsExactlyInAnyOrderElementsOf(integers(scope, "kept_units_remove_" + removed));
      }
    }
  }

  @Test
  void channelScoresAsTheFixture() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      double[] expected = ExampleModel.values(scope, "slimllm", "channel.score");
      double[] actual = SlimLlm.channelScores(channels(scope, 0));
      assertThat(actual).hasSize(352);
      for (int i = 0; i < actual.length; i++) {
        assertThat(actual[i]).isCloseTo(expected[i], MILLIONTH);
      }
    }
  }

  @Test
  void theLowestChannelsStayUnlessToldOtherwise() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = channels(scope, 10);
      double[] scores = SlimLlm.channelScores(problem);
      List<Integer> ascending = new ArrayList<>();
      for (int i = 0; i < scores.length; i++) {
        ascending.add(i);
      }
      ascending.sort((a, b) -> Double.compare(scores[a], scores[b]));
      // 1 % of 352 channels, rounded.
      assertThat(new SlimLlm(SlimLlm.Search.SWEEP, true).prune(scope, problem).removalOrder())
          .isEqualTo(ascending.subList(4, 14));
      assertThat(new SlimLlm(SlimLlm.Search.SWEEP, false).prune(scope, problem).removalOrder())
          .isEqualTo(ascending.subList(0, 10));
    }
  }

  @Test
  void regressionAsTheFixture() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = attention(scope, 2);
      PruningOutcome outcome = Combination.of(SlimLlm.defaults()).prune(scope, problem);
      double[] slopes = ExampleModel.values(scope, "slimllm", "attention.slope");
      double[] intercepts = ExampleModel.values(scope, "slimllm", "attention.intercept");
      double[] dense = problem.weight().toDoubleArray();
      double[] weight = outcome.weight().toDoubleArray();
      double[] bias = outcome.bias().toDoubleArray();
      for (int row = 0; row < 128; row++) {
        int column = outcome.kept().get(0) * 32;
        assertThat(weight[row * 64])
            .isCloseTo(slopes[row] * dense[row * 128 + column], within(1e-9));
        assertThat(bias[row]).isCloseTo(intercepts[row], within(1e-7));
      }
    }
  }

  static PruningProblem attention(TorchScope scope, int removed) throws IOException {
    return SlimGptTest.problem(scope, "slimgpt-heads", SublayerKind.ATTENTION, 4, 32, removed);
  }

  static PruningProblem channels(TorchScope scope, int removed) throws IOException {
    PruningProblem bare =
        SlimGptTest.problem(scope, "slimgpt-channels", SublayerKind.FFN, 352, 1, removed);
    Model model = ExampleModel.open();
    List<NDArray> openings = new ArrayList<>();
    for (String name : List.of("gate_proj", "up_proj")) {
      String tensor = "model.layers.2.mlp." + name + ".weight";
      try (SafetensorsFile file = model.checkpoint().open(tensor)) {
        openings.add(TensorBytes.load(scope, file, tensor));
      }
    }
    return new PruningProblem(
        "layer 2",
        new SublayerKey(2, SublayerKind.FFN),
        bare.weight(),
        openings,
        bare.moments(),
        352,
        1,
        removed);
  }

  private static List<Integer> integers(TorchScope scope, String tensor) throws IOException {
    return Arrays.stream(ExampleModel.values(scope, "slimllm", tensor))
        .mapToObj(d -> (int) d)
        .toList();
  }
}

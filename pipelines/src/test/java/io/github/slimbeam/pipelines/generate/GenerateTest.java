// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.pipelines.prune.ExampleJob;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.generation.Sampling;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class GenerateTest {
  private static final String MODEL = ExampleJob.EXAMPLES.resolve("story-llama").toString();

  /** What jobs of other tests that failed in the middle have left. */
  private final int inUse = SharedWeights.inUse();

  @Test
  void samplesAreWhatFollowsEachPrompt() throws IOException {
    assertThat(
            Generate.samples(
                MODEL,
                "cpu",
                List.of(
                    "There once lived a small boy whose name was Oscar.",
                    "One sunny evening, Clara went to the market"),
                Sampling.GREEDY,
                8))
        .containsExactly(
            " One afternoon, his grandfather asked him to", ". She saw a girl sitting alone.");
    assertThat(SharedWeights.inUse()).isEqualTo(inUse);
  }

  @Test
  void samplesRefuseAPromptThatDoesNotFit() {
    assertThatThrownBy(
            () -> Generate.samples(MODEL, "cpu", List.of("Tim. ".repeat(300)), Sampling.GREEDY, 8))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("the model's context holds 256");
    assertThat(SharedWeights.inUse()).isEqualTo(inUse);
  }
}

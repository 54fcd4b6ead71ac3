// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.OutputHead;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(TestPipelineExtension.class)
class EvaluatePerplexityTest {
  @TempDir private Path directory;

  @Test
  void equalsTheNaiveSoftmaxOfThePlainForward(TestPipeline pipeline) throws IOException {
    Model model = SmallRun.in(directory).model();
    // More than two groups of windows.
    List<TokenSequence> windows = SmallRun.windows(70, 9);
    double expected = 0;
    long tokens = 0;
    for (TokenSequence window : windows) {
      expected += naive(model, window);
      tokens += window.getTokens().size() - 1;
    }
    double likelihood = expected;
    long predicted = tokens;
    PAssert.thatSingleton(
            pipeline
                .apply(Create.of(windows).withCoder(AvroCoder.specific(TokenSequence.class)))
                .apply(EvaluatePerplexity.of(model.checkpoint().directory())))
        .satisfies(
            sum -> {
              // Logits are F32: about 1e-6 a token.
              assertThat(sum.getNegativeLogLikelihood())
                  .isCloseTo(likelihood, Offset.offset(1e-5 * predicted));
              assertThat(sum.getTokens()).isEqualTo(predicted);
              assertThat(sum.getWindows()).isEqualTo(70);
              return null;
            });
    pipeline.run();
  }

  @Test
  void isTheExponentialOfTheMean() {
    assertThat(EvaluatePerplexity.perplexity(new LikelihoodSum(4 * Math.log(8), 4L, 1L)))
        .isCloseTo(8, Offset.offset(1e-12));
  }

  private static double naive(Model model, TokenSequence window) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      NDArray states = new LanguageModel(model).lastStates(scope, List.of(window));
      NDArray logits = OutputHead.load(scope, model).logits(scope, states);
      float[] values = logits.toFloatArray();
      int vocabulary = model.config().vocabulary();
      double total = 0;
      for (int t = 0; t + 1 < window.getTokens().size(); t++) {
        double partition = 0;
        for (int id = 0; id < vocabulary; id++) {
          partition += Math.exp(values[t * vocabulary + id]);
        }
        int next = window.getTokens().get(t + 1);
        total -= values[t * vocabulary + next] - Math.log(partition);
      }
      return total;
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.generation.CachedModel;
import io.github.slimbeam.transforms.generation.Sampling;
import io.github.slimbeam.transforms.generation.TokenGenerator;
import io.github.slimbeam.transforms.model.FamilyFixture;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family against transformers' own class in float32. */
class FamilyForwardTest {
  private static final int PROMPT = 10;

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void statesAndLogitsAreTransformers(FamilyFixture fixture) throws IOException {
    Model model = fixture.open();
    try (TorchScope scope = TorchScope.open()) {
      DecoderForward forward = new DecoderForward(model.config());
      NDArray x = new LanguageModel(model).embed(scope, fixture.sequences());
      for (int layer = 0; layer < model.config().layers().size(); layer++) {
        assertSame(scope, fixture, "hidden." + layer, x);
        for (SublayerKind kind : SublayerKind.values()) {
          x = forward.forward(scope, x, 2, SublayerWeights.load(scope, model, layer, kind));
        }
      }
      assertSame(scope, fixture, "hidden." + model.config().layers().size(), x);
      assertSame(scope, fixture, "logits", OutputHead.load(scope, model).logits(scope, x));
    }
  }

  /** Past the sliding window, and past the original context where there is one. */
  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.FamilyFixture#all")
  void greedyIdsAreTransformers(FamilyFixture fixture) throws IOException {
    int[] expected = fixture.ids("greedy");
    int[] prompt = Arrays.copyOf(expected, PROMPT);
    try (CachedModel model = CachedModel.load(fixture.open())) {
      TokenGenerator generator =
          new TokenGenerator(model, Sampling.GREEDY, expected.length - PROMPT, Set.of());
      assertThat(generator.generate(prompt, token -> {}).tokens())
          .containsExactlyElementsOf(
              Arrays.stream(expected, PROMPT, expected.length).boxed().toList());
    }
  }

  private static void assertSame(
      TorchScope scope, FamilyFixture fixture, String name, NDArray actual) throws IOException {
    NDArray expected = fixture.expected(scope, name).reshape(actual.getShape());
    float scale = Math.max(1, expected.abs().max().getFloat());
    assertThat(MaskedModel.distance(actual, expected) / scale).as(name).isLessThan(1e-5f);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.OutputHead;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The logits of tokens that come piece by piece are those of the whole forward pass. */
class CachedModelTest {
  private static final int TOKENS = 29;
  private static final String LINEAR = "{\"rope_type\": \"linear\", \"factor\": 2.5}";
  private static final String LLAMA3 =
      "{\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4,"
          + " \"original_max_position_embeddings\": 16}";

  @TempDir private Path directory;

  static Stream<ObjectNode> configs() throws IOException {
    SmallModel plain = SmallModel.llama();
    return Stream.of(
        plain.config(),
        plain.withBiases().withTiedHead().config(),
        LayeredModel.withOwnWidths(plain.config()),
        LayeredModel.withOwnWidths(plain.withBiases().config()),
        LayeredModel.withRope(plain.config(), LINEAR),
        LayeredModel.withRope(LayeredModel.withOwnWidths(plain.config()), LLAMA3),
        plain.config().put("num_key_value_heads", 4),
        plain.config().put("num_key_value_heads", 1).put("head_dim", 6));
  }

  @ParameterizedTest
  @MethodSource("configs")
  void logitsAreThoseOfTheWholePassAtEveryStep(ObjectNode config) throws IOException {
    Model model = LayeredModel.write(directory, config);
    int[] tokens = new Random(3).ints(TOKENS, 0, 32).toArray();
    float[][] expected = whole(model, tokens);
    try (CachedModel cached = CachedModel.load(model)) {
      for (int[] pieces : new int[][] {{1}, {TOKENS}, {5, 1, 1, 1, 7, 1, 2}, {28, 1}, {2, 2, 2}}) {
        try (KeyValueCache cache = cached.cache(TOKENS)) {
          for (int at = 0, piece = 0; at < TOKENS; piece++) {
            int end = Math.min(TOKENS, at + pieces[piece % pieces.length]);
            assertThat(cached.advance(cache, Arrays.copyOfRange(tokens, at, end)))
                .as("after token %d, in pieces of %s", end, Arrays.toString(pieces))
                .containsExactly(expected[end - 1], within(1e-4f));
            at = end;
          }
        }
      }
    }
  }

  /** So long that the cache is cut into several pieces by itself, with places left over. */
  @Test
  void aLongPromptIsComputedInPieces() throws IOException {
    ObjectNode config = SmallModel.llama().config().put("max_position_embeddings", 2000);
    Model model = LayeredModel.write(directory, config);
    int length = 2 * CachedModel.PIECE_TOKENS + 37;
    int[] tokens = new Random(4).ints(length, 0, 32).toArray();
    float[][] expected = whole(model, tokens);
    try (CachedModel cached = CachedModel.load(model);
        KeyValueCache cache = cached.cache(2000)) {
      int[] prompt = Arrays.copyOf(tokens, length - 1);
      assertThat(cached.advance(cache, prompt))
          .containsExactly(expected[length - 2], within(1e-4f));
      assertThat(cached.advance(cache, tokens[length - 1]))
          .containsExactly(expected[length - 1], within(1e-4f));
      assertThat(cache.length()).isEqualTo(length);
    }
  }

  @Test
  void theCacheHoldsTwoVectorsForEachGroupOfEachLayer() throws IOException {
    Model model =
        LayeredModel.write(directory, LayeredModel.withOwnWidths(SmallModel.llama().config()));
    assertThat(KeyValueCache.bytesPerToken(model.config())).isEqualTo((2 + 1 + 3) * 2 * 4 * 4);
    assertThat(KeyValueCache.bytesPerToken(ExampleModel.open().config()))
        .isEqualTo(6 * 4 * 2 * 16 * 4);
  }

  @Test
  void givesTheWeightsBack() throws IOException {
    Model model = LayeredModel.write(directory, SmallModel.llama().config());
    int before = SharedWeights.inUse();
    try (CachedModel cached = CachedModel.load(model)) {
      assertThat(cached.model()).isEqualTo(model);
      assertThat(SharedWeights.inUse()).isEqualTo(before + 6);
    }
    assertThat(SharedWeights.inUse()).isEqualTo(before);
  }

  @Test
  void refusesTokensOfAnotherModelAndSequencesBeyondTheContext() throws IOException {
    Model model = LayeredModel.write(directory, SmallModel.llama().config());
    try (CachedModel cached = CachedModel.load(model);
        KeyValueCache cache = cached.cache(2)) {
      assertThatThrownBy(() -> cached.advance(cache, 1, 32))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              directory + ": token id 32, expected 0 to 31: tokenizer.json is another model's");
      assertThatThrownBy(() -> cached.advance(cache, 1, 2, 3))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("3 tokens after 0: expected 1 to 2");
      assertThatThrownBy(() -> cached.cache(65))
          .isInstanceOf(BadInputException.class)
          .hasMessage("a sequence of 65 tokens: expected 1 to 64, the model's context");
    }
  }

  /** The logits after each token, from one pass over all of them. */
  private static float[][] whole(Model model, int... tokens) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      TokenSequence sequence = new TokenSequence(0, Arrays.stream(tokens).boxed().toList());
      NDArray states = new LanguageModel(model).lastStates(scope, List.of(sequence));
      float[] logits = OutputHead.load(scope, model).logits(scope, states).toFloatArray();
      int vocabulary = model.config().vocabulary();
      float[][] rows = new float[tokens.length][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] = Arrays.copyOfRange(logits, i * vocabulary, (i + 1) * vocabulary);
      }
      return rows;
    }
  }
}

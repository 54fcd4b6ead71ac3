// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.generation.TokenGenerator.Continuation;
import io.github.slimbeam.transforms.generation.TokenGenerator.End;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a random model with a context of 64 tokens. */
class TokenGeneratorTest {
  private static final int[] PROMPT = {1, 9, 4};

  @TempDir private Path directory;
  private CachedModel model;

  @BeforeEach
  void load() throws IOException {
    model = CachedModel.load(LayeredModel.write(directory, SmallModel.llama().config()));
  }

  @AfterEach
  void close() {
    model.close();
  }

  /** Token by token the most probable after all before it, computed without a cache kept. */
  @Test
  void greedyTakesTheMostProbableAfterAllBefore() {
    List<Integer> told = new ArrayList<>();
    Continuation found = generator(Sampling.GREEDY, 12).generate(PROMPT, told::add);
    List<Integer> all = new ArrayList<>(List.of(1, 9, 4));
    for (int i = 0; i < 12; i++) {
      try (KeyValueCache cache = model.cache(64)) {
        float[] logits = model.advance(cache, all.stream().mapToInt(t -> t).toArray());
        all.add(Sampling.GREEDY.choose(logits, null));
      }
    }
    assertThat(found).isEqualTo(new Continuation(all.subList(3, 15), End.MAX_TOKENS));
    assertThat(told).isEqualTo(found.tokens());
  }

  @Test
  void stopsAtATokenThatEndsTheTextAndLeavesItOut() {
    Sampling sampling = new Sampling(1, 0, 1, 3);
    List<Integer> free = generator(sampling, 40).generate(PROMPT, t -> {}).tokens();
    int end = free.get(20);
    int first = free.indexOf(end);
    TokenGenerator ended = new TokenGenerator(model, sampling, 40, Set.of(end, 77));
    assertThat(ended.generate(PROMPT, t -> {}))
        .isEqualTo(new Continuation(free.subList(0, first), End.TEXT));
  }

  @Test
  void stopsWhereTheContextIsFull() {
    Continuation found =
        generator(new Sampling(1, 0, 1, 3), Integer.MAX_VALUE).generate(PROMPT, t -> {});
    assertThat(found.end()).isEqualTo(End.CONTEXT);
    assertThat(found.tokens()).hasSize(61);
    assertThat(generator(Sampling.GREEDY, 61).generate(PROMPT, t -> {}).end())
        .isEqualTo(End.MAX_TOKENS);
    assertThat(generator(Sampling.GREEDY, 9).generate(new int[63], t -> {}).tokens()).hasSize(1);
  }

  @Test
  void theSameSeedGivesTheSameTokensWhateverWasDrawnBefore() {
    TokenGenerator generator = generator(new Sampling(1, 0, 1, 3), 30);
    List<Integer> first = generator.generate(PROMPT, t -> {}).tokens();
    assertThat(generator.generate(new int[] {5}, t -> {}).tokens()).isNotEqualTo(first);
    assertThat(generator.generate(PROMPT, t -> {}).tokens()).isEqualTo(first);
    assertThat(generator(new Sampling(1, 0, 1, 4), 30).generate(PROMPT, t -> {}).tokens())
        .isNotEqualTo(first);
  }

  @Test
  void refusesPromptsThatLeaveNoRoomAndNoTokens() {
    TokenGenerator generator = generator(Sampling.GREEDY, 5);
    assertThatThrownBy(() -> generator.generate(new int[64], t -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "the prompt has 64 tokens, and the model's context holds 64, those of the prompt and new ones: expected 63"
                + " at most");
    assertThatThrownBy(() -> generator.generate(new int[0], t -> {}))
        .isInstanceOf(BadInputException.class)
        .hasMessage("the prompt has no token: expected one at least");
    assertThatThrownBy(() -> generator(Sampling.GREEDY, 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("maxTokens=0: expected a positive number");
  }

  private TokenGenerator generator(Sampling sampling, int maxTokens) {
    return new TokenGenerator(model, sampling, maxTokens, Set.of());
  }
}

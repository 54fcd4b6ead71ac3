// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.storage.UserText;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntConsumer;

/**
 * Writes a prompt on, token by token.
 *
 * <p><em>Memory</em>: a {@link KeyValueCache} of prompt and {@code maxTokens}, no more than the
 * context.
 *
 * @param model what says the next token's logits
 * @param sampling how it is chosen
 * @param maxTokens new tokens at most
 * @param ends tokens that end the text
 */
public record TokenGenerator(
    CachedModel model, Sampling sampling, int maxTokens, Set<Integer> ends) {

  /** Why a continuation ended where it did. */
  public enum End {
    TEXT("the model ended the text"),
    MAX_TOKENS("⟨maxTokens⟩"),
    CONTEXT("the model's context is full");

    private final String description;

    End(String description) {
      this.description = description;
    }

    /** In words. */
    public UserText description() {
      return new UserText(description);
    }
  }

  /**
   * What came of a prompt.
   *
   * @param tokens the new ones, without the token that ended the text
   * @param end why there are no more
   */
  public record Continuation(List<Integer> tokens, End end) {
    public Continuation {
      tokens = List.copyOf(tokens);
    }
  }

  public TokenGenerator {
    checkMaxTokens(maxTokens);
    ends = Set.copyOf(ends);
  }

  /**
   * Checks a number of tokens before a model is loaded for it.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException unless it is positive
   */
  public static void checkMaxTokens(int maxTokens) {
    check(maxTokens >= 1, "⟨maxTokens⟩=%d: expected a positive number", maxTokens);
  }

  /**
   * Checks that a prompt leaves room in the context for one new token at least.
   *
   * @param name what to call it
   * @throws io.github.slimbeam.transforms.storage.BadInputException if it does not, or is empty
   */
  public void checkPrompt(String name, int... prompt) {
    check(prompt.length > 0, "%s has no token: expected one at least", name);
    check(
        prompt.length < context(),
        "%s has %d tokens, and the model's context holds %d, those of the prompt and new ones: expected %d at most",
        name,
        prompt.length,
        context(),
        context() - 1);
  }

  private int context() {
    return model.model().config().context();
  }

  /**
   * Writes on.
   *
   * @param prompt tokens, one at least and fewer than the context
   * @param listener is told each new token as it is chosen
   * @throws io.github.slimbeam.transforms.storage.BadInputException if the prompt leaves no room in
   *     the context
   */
  public Continuation generate(int[] prompt, IntConsumer listener) {
    checkPrompt("the prompt", prompt);
    int context = context();
    int places = (int) Math.min(context, (long) prompt.length + maxTokens);
    Random random = sampling.random();
    List<Integer> tokens = new ArrayList<>();
    try (KeyValueCache cache = model.cache(places)) {
      float[] logits = model.advance(cache, prompt);
      while (true) {
        int token = sampling.choose(logits, random);
        if (ends.contains(token)) {
          return new Continuation(tokens, End.TEXT);
        }
        tokens.add(token);
        listener.accept(token);
        if (tokens.size() == maxTokens) {
          return new Continuation(tokens, End.MAX_TOKENS);
        }
        if (prompt.length + tokens.size() == context) {
          return new Continuation(tokens, End.CONTEXT);
        }
        logits = model.advance(cache, token);
      }
    }
  }
}

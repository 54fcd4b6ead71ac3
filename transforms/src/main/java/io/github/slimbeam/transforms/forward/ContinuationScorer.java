// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Log-likelihoods of the last tokens of many sequences. What is the same is computed once: equal
 * sequences, so that they score exactly alike, and equal inputs that differ in the last token, as "
 * yes" and " no" do.
 *
 * <p><em>Cost</em>: one forward pass over the distinct inputs, sorted by length for large batches;
 * the weights are read once for each {@code maxTokens} of them. <em>Memory</em>: 2 · maxTokens ·
 * hidden · 4 bytes, and {@value #ROWS} rows of logits.
 *
 * @param model computes the states
 * @param maxTokens that go through the layers together, unless one sequence alone is longer
 */
public record ContinuationScorer(LanguageModel model, int maxTokens) {
  /** What {@link #of} takes: 2 GB of states at a hidden size of 4096. */
  public static final int MAX_TOKENS = 65_536;

  private static final int ROWS = 512;

  /**
   * A sequence.
   *
   * @param tokens all of it
   * @param scored how many of them, from the end, count; at least one less than there are
   */
  public record Continuation(List<Integer> tokens, int scored) {
    List<Integer> input() {
      return tokens.subList(0, tokens.size() - 1);
    }
  }

  /** Scores under a model, {@value #MAX_TOKENS} tokens at a time at most. */
  public static ContinuationScorer of(Model model) {
    return new ContinuationScorer(new LanguageModel(model), MAX_TOKENS);
  }

  /**
   * Σ ln p(token | all before it) over the scored tokens of each sequence, in the order given.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if one is not finite
   */
  public List<Double> logLikelihoods(List<Continuation> continuations) throws IOException {
    Map<List<Integer>, List<Continuation>> byInput = new LinkedHashMap<>();
    continuations.stream()
        .distinct()
        .sorted(Comparator.comparingInt(c -> c.tokens().size()))
        .forEach(c -> byInput.computeIfAbsent(c.input(), input -> new ArrayList<>()).add(c));
    Map<Continuation, Double> scores = new HashMap<>();
    Map<List<Integer>, List<Continuation>> chunk = new LinkedHashMap<>();
    int tokens = 0;
    for (Map.Entry<List<Integer>, List<Continuation>> entry : byInput.entrySet()) {
      int length = entry.getKey().size();
      if (!chunk.isEmpty() && tokens + length > maxTokens) {
        score(chunk, scores);
        chunk.clear();
        tokens = 0;
      }
      chunk.put(entry.getKey(), entry.getValue());
      tokens += length;
    }
    if (!chunk.isEmpty()) {
      score(chunk, scores);
    }
    return continuations.stream().map(scores::get).toList();
  }

  private void score(Map<List<Integer>, List<Continuation>> chunk, Map<Continuation, Double> scores)
      throws IOException {
    List<List<Integer>> inputs = new ArrayList<>(chunk.keySet());
    List<TokenSequence> sequences =
        IntStream.range(0, inputs.size())
            .mapToObj(i -> new TokenSequence(i, inputs.get(i)))
            .toList();
    List<Integer> rows = new ArrayList<>();
    List<Integer> targets = new ArrayList<>();
    int end = 0;
    for (Map.Entry<List<Integer>, List<Continuation>> entry : chunk.entrySet()) {
      end += entry.getKey().size();
      for (Continuation continuation : entry.getValue()) {
        int size = continuation.tokens().size();
        for (int i = continuation.scored(); i > 0; i--) {
          rows.add(end - i);
          targets.add(continuation.tokens().get(size - i));
        }
      }
    }
    double[] each = tokens(sequences, rows, targets);
    int next = 0;
    for (List<Continuation> ofInput : chunk.values()) {
      for (Continuation continuation : ofInput) {
        double sum = 0;
        for (int i = 0; i < continuation.scored(); i++) {
          sum += each[next++];
        }
        check(
            Double.isFinite(sum),
            "%s: a likelihood is not finite: the model is damaged",
            model.model().checkpoint().directory());
        scores.put(continuation, sum);
      }
    }
  }

  /** ln p of each target after the token in its row. */
  private double[] tokens(List<TokenSequence> sequences, List<Integer> rows, List<Integer> targets)
      throws IOException {
    double[] all = new double[rows.size()];
    try (TorchScope scope = TorchScope.open()) {
      NDArray states = model.lastStates(scope, sequences);
      OutputHead head = OutputHead.load(scope, model.model());
      for (int begin = 0; begin < all.length; begin += ROWS) {
        int stop = Math.min(begin + ROWS, all.length);
        double[] some =
            model.logLikelihoods(
                states, rows.subList(begin, stop), targets.subList(begin, stop), head);
        System.arraycopy(some, 0, all, begin, some.length);
      }
    }
    return all;
  }
}

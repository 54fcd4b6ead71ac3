// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import java.util.stream.IntStream;

/**
 * How the next token is chosen from its logits. At temperature 0 it is the most probable one. Above
 * it is drawn: softmax(logits / temperature), of which the {@code topK} most probable stay, of
 * which the fewest most probable stay that together reach {@code topP}; then in proportion. Between
 * equal logits the lower id counts as more probable.
 *
 * <p><em>Cost</em>: v for a vocabulary of v when greedy, v log v when drawn.
 *
 * @param temperature 0 or above
 * @param topK tokens that may be drawn; 0 is all
 * @param topP share of the probability that may be drawn, above 0 to 1
 * @param seed of what is drawn
 */
public record Sampling(double temperature, int topK, double topP, long seed) {
  /** The most probable token, always. */
  public static final Sampling GREEDY = new Sampling(0, 0, 1, 0);

  public Sampling {
    check(
        temperature >= 0 && Double.isFinite(temperature),
        "⟨temperature⟩=%s: expected 0 (the most probable token, always) or above",
        temperature);
    check(topK >= 0, "⟨topK⟩=%d: expected a positive number, or 0 for all tokens", topK);
    check(topP > 0 && topP <= 1, "⟨topP⟩=%s: expected 0 < p ≤ 1", topP);
    check(
        temperature > 0 || (topK == 0 && topP == 1),
        "⟨topK⟩ and ⟨topP⟩ say what may be drawn, and at ⟨temperature⟩=0 nothing is: add a temperature such"
            + " as 0.8");
  }

  /** What a sequence draws from; every sequence begins at the seed. */
  Random random() {
    return new Random(seed);
  }

  /** Chooses a token. */
  int choose(float[] logits, Random random) {
    return temperature == 0 ? mostProbable(logits) : draw(probabilities(logits), random);
  }

  private static int mostProbable(float[] logits) {
    int best = 0;
    for (int id = 1; id < logits.length; id++) {
      if (logits[id] > logits[best]) {
        best = id;
      }
    }
    return best;
  }

  /** The probability of each token to be drawn; 0 for those that may not. */
  double[] probabilities(float[] logits) {
    int[] order =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted(Comparator.comparingDouble(id -> -logits[id]))
            .mapToInt(Integer::intValue)
            .toArray();
    int count = topK == 0 ? order.length : Math.min(topK, order.length);
    double[] weights = new double[count];
    Arrays.setAll(weights, i -> Math.exp((logits[order[i]] - logits[order[0]]) / temperature));
    double total = Arrays.stream(weights).sum();
    double reached = 0;
    int kept = 0;
    while (kept < count && (topP == 1 || reached < topP * total)) {
      reached += weights[kept++];
    }
    double[] probabilities = new double[logits.length];
    for (int i = 0; i < kept; i++) {
      probabilities[order[i]] = weights[i] / reached;
    }
    return probabilities;
  }

  private static int draw(double[] probabilities, Random random) {
    double left = random.nextDouble();
    int last = 0;
    for (int id = 0; id < probabilities.length; id++) {
      if (probabilities[id] > 0) {
        last = id;
        left -= probabilities[id];
        if (left < 0) {
          return id;
        }
      }
    }
    // Rounding may leave a sum just below 1.
    return last;
  }
}

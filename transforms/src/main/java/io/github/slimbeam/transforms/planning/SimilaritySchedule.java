// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * SlimLLM's layer ratios: of the P layers whose input and output are most alike (mean cosine c_l
 * over the tokens of a dense pass), layer l loses r_l = ρ · n · softmax(α c)_l, the softmax over
 * those P; the others lose nothing.
 *
 * <p>The authors' settings are for 32 layers: P = 26, α = 10 at 20 %; P = 30, α = 7 at 50 %. P
 * scales with the layers; between and beyond, both run linearly with the ratio (P up to all layers,
 * α down to 0). A ratio never reaches 1: what a layer cannot lose, at {@value #MOST}, the others of
 * the P share.
 *
 * <p><em>Reference</em>: Guo et al., ICML 2025, and the authors' scripts. <em>Differs from the
 * paper</em>: the limit; the mean is met over all layers.
 */
final class SimilaritySchedule {
  static final String NAME = "similarity";

  /** The most that a layer may lose. */
  static final double MOST = 0.95;

  private SimilaritySchedule() {}

  /** Ratios with the given mean, from the mean cosine of each layer. */
  static List<Double> ratios(List<Double> cosines, double mean) {
    double position = (mean - 0.2) / 0.3;
    int count =
        (int) Math.rint(cosines.size() * Math.min(1, Math.max(0, (26 + 4 * position) / 32)));
    return ratios(cosines, mean, Math.max(1, count), Math.max(0, 10 - 3 * position));
  }

  /** Ratios over the {@code count} most redundant layers with softmax strength α. */
  static List<Double> ratios(List<Double> cosines, double mean, int count, double alpha) {
    int layers = cosines.size();
    int needed = (int) Math.ceil(mean * layers / MOST);
    List<Integer> chosen =
        IntStream.range(0, layers)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -cosines.get(i)))
            .limit(Math.max(count, needed))
            .toList();
    double top = cosines.get(chosen.get(0));
    double[] weights = new double[layers];
    chosen.forEach(i -> weights[i] = Math.exp(alpha * (cosines.get(i) - top)));
    return new ArrayList<>(shared(weights, mean * layers));
  }

  /** Shares a total by weight, no share above {@link #MOST}. */
  private static List<Double> shared(double[] weights, double total) {
    Double[] ratios = Collections.nCopies(weights.length, 0.0).toArray(Double[]::new);
    boolean[] full = new boolean[weights.length];
    boolean again = true;
    while (again) {
      again = false;
      double left = total - MOST * IntStream.range(0, full.length).filter(i -> full[i]).count();
      double sum =
          IntStream.range(0, full.length).filter(i -> !full[i]).mapToDouble(i -> weights[i]).sum();
      for (int i = 0; i < ratios.length; i++) {
        ratios[i] = full[i] ? MOST : sum == 0 ? 0.0 : left * weights[i] / sum;
      }
      for (int i = 0; i < ratios.length; i++) {
        if (!full[i] && ratios[i] > MOST) {
          full[i] = true;
          again = true;
        }
      }
    }
    return Arrays.asList(ratios);
  }
}

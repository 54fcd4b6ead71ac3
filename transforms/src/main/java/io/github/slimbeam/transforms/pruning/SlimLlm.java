// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.annotation.JsonValue;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * SlimLLM's selection: attention units by how like the output is without them, FFN channels by
 * their importance in the output's feature space.
 *
 * <p><em>Units</em>: J(K) = Σ_c |Pearson_c(Σ_{i∈K} O_i, O)| over the output channels c, O_i the
 * output of unit i. The units whose absence leaves J highest are taken out; then each of them, most
 * redundant first, is offered the place of every unit that stayed, and takes the best one if that
 * raises J. Everything follows from S[c, i, j], the covariance of the units' outputs: bilinear
 * forms of W with the input's covariance, no tokens. Under grouped-query attention a unit is a KV
 * group and O_i the sum over its heads.
 *
 * <p><em>Channels</em>: score_j = ‖Z_j‖ sqrt(Σ_k (⟨w_j, v_k⟩ ω_k)²) + Σ over the opening linears of
 * ‖row_j ⊙ a‖, with (λ_k, v_k) the principal components of the output, ω = sigmoid(λ / mean λ), and
 * a the norms of the opening linears' input. The lowest go first, except that the authors' code
 * keeps the very lowest 1 %.
 *
 * <p><em>Cost</em>: units 2 m n² flops and k·(u − k) evaluations of 2 m u²; channels 2 m n² + 2 m²
 * n, and about 9 m³ for the eigenvectors. <em>Reference</em>: Guo et al., ICML 2025, arXiv
 * 2505.22689, and the authors' published code. <em>Differs from the paper</em>: from moments
 * instead of kept activations, equal to about 1e-14.
 *
 * @param search whether units are exchanged after the first choice
 * @param keepLowest whether the lowest 1 % of the channels stay, as in the authors' code
 */
public record SlimLlm(Search search, boolean keepLowest) implements PruningMethod {
  private static final TorchProgram PROGRAM = TorchProgram.of(SlimLlm.class);
  private static final double LOWEST_SHARE = 0.01;

  /** What happens after the first choice of units. */
  public enum Search {
    /** The first choice stays as it is: the ablation. */
    NONE,
    /** One sweep over the units taken out, as in the authors' code: the default. */
    SWEEP,
    /** Sweeps until nothing improves. */
    EXHAUSTIVE;

    /** Its name on the command line. */
    @JsonValue
    public String optionName() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The default: one sweep, the lowest 1 % kept. */
  public static SlimLlm defaults() {
    return new SlimLlm(Search.SWEEP, true);
  }

  @Override
  public Profile profile() {
    return new Profile(
        "slimllm",
        "Guo et al., SlimLLM: Accurate Structured Pruning for Large Language Models, ICML 2025",
        Needs.MOMENTS_AND_OPENINGS,
        Recovery.REGRESSION,
        "similarity");
  }

  @Override
  public List<RecipeOption> options() {
    return List.of(
        new RecipeOption("search", search.optionName()),
        new RecipeOption("keepLowest", Boolean.toString(keepLowest)));
  }

  @Override
  public StepCost cost(ProblemSize size) {
    double m = size.rows();
    double n = size.columns();
    StepCost covariance = StepCost.elements(2 * n * n);
    if (size.kind() == SublayerKind.FFN) {
      return covariance
          .plus(StepCost.product(m, n, n))
          .plus(StepCost.product(m, n, m))
          .plus(new StepCost(9 * m * m * m, 3 * m * m * Double.BYTES))
          .plus(StepCost.product(m, m, n))
          .plus(StepCost.elements(4 * m * n));
    }
    double u = size.units();
    double candidates = u + 1 + (search == Search.NONE ? 0 : size.removed() * (u - size.removed()));
    // Once for each unit: its columns' product with C, and the sums over the others' columns.
    StepCost covariances =
        covariance.plus(new StepCost(2 * m * n * n, 2 * u * m * n * Double.BYTES));
    return covariances.plus(
        new StepCost(candidates * 2 * m * u * u, candidates * 2 * m * u * Double.BYTES));
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    double[] scores;
    List<Integer> removed;
    if (problem.kind() == SublayerKind.ATTENTION) {
      try (TorchScope inner = TorchScope.open()) {
        NDArray covariances = covariances(inner, problem);
        scores = unitScores(covariances, problem.units());
        removed = units(covariances, problem, scores);
      }
    } else {
      scores = channelScores(problem);
      removed = channels(problem, scores);
    }
    return PruningOutcome.selecting(scope, problem, removed).withScores(scores);
  }

  /** J without each unit: the higher, the more redundant the unit. */
  static double[] unitScores(PruningProblem problem) {
    try (TorchScope scope = TorchScope.open()) {
      return unitScores(covariances(scope, problem), problem.units());
    }
  }

  private static double[] unitScores(NDArray covariances, int units) {
    List<Integer> all = IntStream.range(0, units).boxed().toList();
    return similarities(covariances, units, all.stream().map(i -> without(all, i)).toList());
  }

  private List<Integer> units(NDArray covariances, PruningProblem problem, double... scores) {
    List<Integer> redundantFirst =
        IntStream.range(0, problem.units())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -scores[i]))
            .toList();
    List<Integer> out = new ArrayList<>(redundantFirst.subList(0, problem.removed()));
    List<Integer> in = new ArrayList<>(redundantFirst.subList(problem.removed(), problem.units()));
    if (search != Search.NONE && !out.isEmpty()) {
      boolean improved = sweep(covariances, problem.units(), in, out);
      while (improved && search == Search.EXHAUSTIVE) {
        improved = sweep(covariances, problem.units(), in, out);
      }
    }
    return out;
  }

  /** Offers each unit that is out, in order, the place of the unit whose exchange raises J most. */
  private static boolean sweep(
      NDArray covariances, int units, List<Integer> in, List<Integer> out) {
    double best = similarities(covariances, units, List.of(in))[0];
    boolean improved = false;
    for (int i = 0; i < out.size(); i++) {
      int candidate = out.get(i);
      double[] scores =
          similarities(
              covariances,
              units,
              IntStream.range(0, in.size())
                  .mapToObj(place -> replaced(in, place, candidate))
                  .toList());
      int place =
          IntStream.range(0, scores.length)
              .reduce((a, b) -> scores[b] > scores[a] ? b : a)
              .orElseThrow();
      // Rounding alone must not exchange units, or two runs could differ.
      if (scores[place] > best * (1 + 1e-12)) {
        best = scores[place];
        out.set(i, in.set(place, candidate));
        improved = true;
      }
    }
    return improved;
  }

  private List<Integer> channels(PruningProblem problem, double... scores) {
    int spared = keepLowest ? (int) Math.rint(LOWEST_SHARE * problem.units()) : 0;
    check(
        spared + problem.removed() <= problem.units(),
        "%s: %d channels cannot go while the lowest %d stay: choose a lower ratio or ⟨keepLowest⟩=false",
        problem.where(),
        problem.removed(),
        spared);
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> scores[i]))
        .skip(spared)
        .limit(problem.removed())
        .toList();
  }

  /** Importance of each channel. */
  static double[] channelScores(PruningProblem problem) {
    try (TorchScope scope = TorchScope.open()) {
      NDArray covariance = problem.moments().covariance(scope);
      double[] scores =
          PROGRAM
              .call(
                  scope,
                  "output_scores",
                  problem.weight(),
                  covariance,
                  problem.moments().gram().diagonal(scope))
              .toDoubleArray();
      for (NDArray opening : problem.openings()) {
        double[] more =
            PROGRAM
                .call(scope, "opening_scores", opening, problem.moments().openingSquares())
                .toDoubleArray();
        Arrays.setAll(scores, i -> scores[i] + more[i]);
      }
      return scores;
    }
  }

  private static NDArray covariances(TorchScope scope, PruningProblem problem) {
    try (TorchScope inner = scope.nested()) {
      NDArray covariance = problem.moments().covariance(inner);
      return scope.adopt(
          PROGRAM.call(
              inner, "unit_covariances", problem.weight(), covariance, problem.unitSize()));
    }
  }

  private static double[] similarities(
      NDArray covariances, int units, List<List<Integer>> candidates) {
    double[] kept = new double[candidates.size() * units];
    for (int row = 0; row < candidates.size(); row++) {
      for (int unit : candidates.get(row)) {
        kept[row * units + unit] = 1;
      }
    }
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM
          .call(scope, "similarity", covariances, scope.float64(kept, candidates.size(), units))
          .toDoubleArray();
    }
  }

  private static List<Integer> without(List<Integer> units, int unit) {
    return units.stream().filter(i -> i != unit).toList();
  }

  private static List<Integer> replaced(List<Integer> units, int place, int unit) {
    List<Integer> other = new ArrayList<>(units);
    other.set(place, unit);
    return other;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * SlimGPT: attention units by Batched Greedy Pruning, one at a time, with errors and inverse
 * Hessian renewed each time; FFN channels by Dynamic Group Size, the k cheapest at once.
 *
 * <p>Under grouped-query attention the unit is a KV group: the g query heads that share a key-value
 * head, g·d consecutive columns of the closing linear. Ties go to the lower number.
 *
 * <p><em>Cost</em>: {@link OptimalBrainSurgeon}'s, and one scoring a step: 2 m n (columns) or 2 m n
 * d (units, exact). <em>Reference</em>: Ling et al., NeurIPS 2024, arXiv 2412.18110, algorithm 1
 * and section 4.2. <em>Differs from the paper</em>: the default head score is the exact joint
 * error, see {@link HeadScore}.
 *
 * @param headScore how an attention unit is scored
 * @param groupSizes how many channels go at once
 * @param damping added to the Hessian's diagonal, as a share of its mean
 */
public record SlimGpt(HeadScore headScore, GroupSizes groupSizes, double damping)
    implements PruningMethod {

  /** The default: exact head score, geometric group sizes, damping 0.01. */
  public static SlimGpt defaults() {
    return new SlimGpt(HeadScore.EXACT, GroupSizes.GEOMETRIC, 0.01);
  }

  public SlimGpt {
    if (!(damping >= 0 && damping < 1)) {
      throw new IllegalArgumentException("damping " + damping + ": expected 0 ≤ damping < 1");
    }
  }

  @Override
  public Profile profile() {
    return new Profile(
        "slimgpt",
        "Ling et al., SlimGPT: Layer-wise Structured Pruning for Large Language Models, NeurIPS 2024",
        Needs.MOMENTS,
        Recovery.COMPENSATION,
        "logarithmic");
  }

  @Override
  public List<RecipeOption> options() {
    return List.of(
        new RecipeOption("headScore", headScore.optionName()),
        new RecipeOption("groupSizes", groupSizes.optionName()),
        new RecipeOption("damping", Double.toString(damping)));
  }

  @Override
  public StepCost cost(ProblemSize size) {
    StepCost cost = OptimalBrainSurgeon.startCost(size.columns(), size.rows());
    double left = size.columns();
    boolean units = size.kind() == SublayerKind.ATTENTION;
    int steps = units ? size.removed() : 0;
    int[] groups = units ? new int[0] : groupSizes.of(size.removed(), size.units());
    for (int step = 0; step < steps + groups.length; step++) {
      double gone = units ? size.unitSize() : groups[step];
      double scoring = units && headScore == HeadScore.EXACT ? size.unitSize() : 1;
      cost =
          cost.plus(new StepCost(size.rows() * left * scoring, size.rows() * left * Double.BYTES))
              .plus(
                  OptimalBrainSurgeon.removalCost(left, size.columns() - left, gone, size.rows()));
      left -= gone;
    }
    return cost;
  }

  /** How many units go at once. */
  int[] steps(SublayerKind kind, int removed, int units) {
    return kind == SublayerKind.ATTENTION
        ? IntStream.range(0, removed).map(i -> 1).toArray()
        : groupSizes.of(removed, units);
  }

  @Override
  public boolean compensates() {
    return true;
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    OptimalBrainSurgeon surgeon =
        OptimalBrainSurgeon.start(
            scope,
            problem.weight(),
            problem.moments(),
            problem.unitSize(),
            problem.removed() * problem.unitSize(),
            damping,
            problem.where());
    return problem.kind() == SublayerKind.ATTENTION
        ? pruneUnits(surgeon, problem)
        : pruneChannels(surgeon, problem);
  }

  private PruningOutcome pruneUnits(OptimalBrainSurgeon surgeon, PruningProblem problem) {
    List<Integer> order = new ArrayList<>();
    List<Integer> units = new ArrayList<>(IntStream.range(0, problem.units()).boxed().toList());
    double[] scores = {};
    for (int step = 0; step < problem.removed(); step++) {
      double[] errors = surgeon.unitErrors(headScore);
      scores = step == 0 ? errors : scores;
      int position = cheapest(errors, 1)[0];
      surgeon.remove(SublayerWeights.positions(List.of(position), problem.unitSize()));
      order.add(units.remove(position));
    }
    return surgeon.outcome(units, order, scores);
  }

  private PruningOutcome pruneChannels(OptimalBrainSurgeon surgeon, PruningProblem problem) {
    List<Integer> order = new ArrayList<>();
    double[] scores = {};
    for (int size : groupSizes.of(problem.removed(), problem.units())) {
      double[] errors = surgeon.unitErrors(HeadScore.DIAGONAL);
      scores = order.isEmpty() ? errors : scores;
      int[] group = cheapest(errors, size);
      List<Integer> alive = surgeon.alive();
      for (int position : group) {
        order.add(alive.get(position));
      }
      surgeon.remove(group);
    }
    return surgeon.outcome(surgeon.alive(), order, scores);
  }

  /** Positions of the least errors, ascending by error, then by position. */
  private static int[] cheapest(double[] errors, int count) {
    return IntStream.range(0, errors.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> errors[i]))
        .limit(count)
        .mapToInt(Integer::intValue)
        .toArray();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What was decided for one sub-layer.
 *
 * @param kept kept units, ascending
 * @param weight the closing linear's new weights, columns of the kept units only, [m, kept ·
 *     unitSize], F64
 * @param bias what is added to the closing linear's bias, [m], or null if nothing is
 * @param removalOrder removed units, in the order in which they went
 * @param stepErrors the increase of tr(ΔW H ΔWᵀ) with each removed group, for methods that know it
 * @param compensated whether the weights already make up for what is gone
 * @param damping the damping that was used, as a share of the Hessian's mean diagonal; 0 if none
 * @param dampingRaised how often it had to be raised
 * @param scores of each unit, as the method gave it before the first was removed; empty where
 *     nothing was removed, or the method has none. The lowest go first, but for SlimLLM's attention
 *     units, where the highest do
 */
public record PruningOutcome(
    List<Integer> kept,
    NDArray weight,
    @Nullable NDArray bias,
    List<Integer> removalOrder,
    List<Double> stepErrors,
    boolean compensated,
    double damping,
    int dampingRaised,
    List<Double> scores) {

  public PruningOutcome {
    kept = List.copyOf(kept);
    removalOrder = List.copyOf(removalOrder);
    stepErrors = List.copyOf(stepErrors);
    scores = removalOrder.isEmpty() ? List.of() : List.copyOf(scores);
  }

  /** The outcome that removes these units and leaves the other columns as they are. */
  public static PruningOutcome selecting(
      TorchScope scope, PruningProblem problem, List<Integer> removed) {
    Set<Integer> gone = new HashSet<>(removed);
    List<Integer> kept =
        IntStream.range(0, problem.units()).filter(i -> !gone.contains(i)).boxed().toList();
    int[] columns = SublayerWeights.positions(kept, problem.unitSize());
    NDArray weight = Selection.of(scope, problem.weight(), 1, columns);
    return new PruningOutcome(kept, weight, null, removed, List.of(), false, 0, 0, List.of());
  }

  PruningOutcome withWeight(NDArray other, double usedDamping, int raised) {
    return new PruningOutcome(
        kept, other, null, removalOrder, List.of(), true, usedDamping, raised, scores);
  }

  /** As solved for, with what the selection says of its steps. */
  PruningOutcome withSteps(PruningOutcome selected) {
    return new PruningOutcome(
        kept,
        weight,
        bias,
        removalOrder,
        selected.stepErrors,
        compensated,
        damping,
        selected.dampingRaised + dampingRaised,
        scores);
  }

  PruningOutcome withBias(NDArray other) {
    return new PruningOutcome(
        kept, weight, other, removalOrder, stepErrors, compensated, damping, dampingRaised, scores);
  }

  PruningOutcome withScores(double... ofUnits) {
    return withScores(Arrays.stream(ofUnits).boxed().toList());
  }

  PruningOutcome withScores(List<Double> ofUnits) {
    return new PruningOutcome(
        kept, weight, bias, removalOrder, stepErrors, compensated, damping, dampingRaised, ofUnits);
  }

  /** Scores of these units; none where there are none of any. */
  List<Double> scoresOf(List<Integer> units) {
    return scores.isEmpty() ? List.of() : units.stream().map(scores::get).toList();
  }
}

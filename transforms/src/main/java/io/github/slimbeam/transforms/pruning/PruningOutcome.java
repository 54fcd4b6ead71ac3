package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * What a method decided for one sub-layer.
 *
 * @param kept kept units, ascending
 * @param weight the closing linear's new weights, columns of the kept units only, [m, kept ·
 *     unitSize], F64
 * @param bias the closing linear's new bias, [m], or null if the method makes none
 * @param removalOrder removed units, in the order in which they went
 * @param stepErrors the increase of tr(ΔW H ΔWᵀ) with each removed group, for methods that know it
 * @param damping the damping that was used, as a share of the Hessian's mean diagonal; 0 if none
 * @param dampingRaised how often it had to be raised
 */
public record PruningOutcome(
    List<Integer> kept,
    NDArray weight,
    NDArray bias,
    List<Integer> removalOrder,
    List<Double> stepErrors,
    double damping,
    int dampingRaised) {
  public PruningOutcome {
    kept = List.copyOf(kept);
    removalOrder = List.copyOf(removalOrder);
    stepErrors = List.copyOf(stepErrors);
  }
}

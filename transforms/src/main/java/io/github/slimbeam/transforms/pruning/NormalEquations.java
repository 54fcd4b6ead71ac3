// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.statistics.CrossMoments;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * W_R ← W H[:, R] (H_RR)⁻¹, or B_R (H_RR)⁻¹ where B are the moments of another target than W's own
 * outputs, on a Hessian that is damped as little as it can be: from a first damping on up a ladder
 * until it can be factorised.
 *
 * <p><em>Cost</em>: |R|³/3 + 2m|R|² + 2mn|R| flops.
 */
final class NormalEquations {
  /** Damping for selections that bring none of their own. */
  static final double DAMPING = 0.01;

  private static final TorchProgram PROGRAM = TorchProgram.of(NormalEquations.class);
  private static final List<Double> LADDER = List.of(0.0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1e-1);

  private NormalEquations() {}

  /**
   * Solves them.
   *
   * @param moments whose XᵀX makes the Hessian
   * @param damping the first to be tried
   * @throws BadInputException if no damping mends them
   */
  static PruningOutcome solve(
      TorchScope scope,
      PruningProblem problem,
      Moments moments,
      PruningOutcome selected,
      double damping) {
    NDArray kept = RecoveryStep.kept(scope, problem, selected);
    int raised = 0;
    for (double share : LADDER) {
      if (share < damping) {
        continue;
      }
      try (TorchScope inner = scope.nested()) {
        NDArray hessian = OptimalBrainSurgeon.hessian(inner, moments, share);
        CrossMoments cross = moments.cross();
        List<NDArray> refit =
            cross == null
                ? PROGRAM.callTuple(inner, "refit", problem.weight(), hessian, kept)
                : PROGRAM.callTuple(
                    inner,
                    "meet",
                    OptimalBrainSurgeon.ridge(inner, problem.weight(), moments, cross, share),
                    hessian,
                    kept);
        if (refit.get(1).toIntArray()[0] == 0) {
          return selected.withWeight(scope.adopt(refit.get(0)), share, raised);
        }
      }
      raised++;
    }
    throw new BadInputException(
        problem.where()
            + ": the normal equations cannot be solved even with damping 0.1: give more calibration text");
  }

  static StepCost cost(ProblemSize size) {
    double m = size.rows();
    double n = size.columns();
    double kept = size.kept();
    return StepCost.elements(n * n + kept * n + 3 * kept * kept)
        .plus(new StepCost(kept * kept * kept / 3 + 2 * m * kept * kept, 0))
        .plus(StepCost.product(kept, n, m))
        .plus(StepCost.elements(2 * m * kept));
  }

  static double memory(double columns) {
    return (double) PruneMemory.bytes((long) columns);
  }
}

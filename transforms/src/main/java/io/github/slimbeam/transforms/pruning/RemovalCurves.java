// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.List;

/**
 * What the removal of a sub-layer's units costs, one after another as {@link SlimGpt} takes them:
 * the sum of their errors Σ w ‖ΔW x‖² over Σ w ‖y‖², y the states after the sub-layer in the dense
 * model. As w = 1 / mean(y²), the latter is hidden size · tokens.
 */
final class RemovalCurves {
  private RemovalCurves() {}

  /** The curve of a problem, as far as units are to be removed. */
  static RemovalCurve of(TorchScope scope, SlimGpt method, PruningProblem problem) {
    int most = problem.removed();
    PruningOutcome outcome = method.prune(scope, problem);
    double rows = problem.weight().getShape().get(0);
    List<Integer> removed = new ArrayList<>(List.of(0));
    List<Double> errors = new ArrayList<>(List.of(0.0));
    int[] sizes = method.steps(problem.kind(), most, problem.units());
    double error = 0;
    int gone = 0;
    for (int step = 0; step < sizes.length; step++) {
      gone += sizes[step];
      // Of H = 2XXᵀ/n.
      error += outcome.stepErrors().get(step) / 2 / rows;
      removed.add(gone);
      errors.add(error);
    }
    return new RemovalCurve(problem.sublayer(), problem.units(), removed, errors);
  }
}

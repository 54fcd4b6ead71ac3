// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.transforms.torch.TorchScope;

/**
 * Removes the units whose closing columns have the least squared norm, Σ ‖W_:j‖². Needs no data.
 *
 * <p><em>Cost</em>: 2 m n flops.
 */
public record Magnitude() implements PruningMethod {
  @Override
  public Profile profile() {
    return new Profile(
        "magnitude",
        "Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015",
        Needs.NOTHING,
        Recovery.NONE,
        "uniform");
  }

  @Override
  public StepCost cost(ProblemSize size) {
    return ColumnScores.cost(size);
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return ColumnScores.removeLeast(scope, problem, ColumnScores.magnitude(problem));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;

/** One way to make up for what is gone: see {@link Recovery}, whose row each of them is. */
interface RecoveryStep {
  /** Whether it adds a bias. */
  boolean makesBias();

  /** The outcome after it; its tensors belong to {@code scope}. */
  PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected);

  /** Flops and bytes. */
  StepCost cost(ProblemSize size);

  /** Bytes beside the moments, at most, at so many columns. */
  double memory(double columns);

  /** Positions of the columns that stay. */
  static NDArray kept(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    return scope.int64(SublayerWeights.positions(selected.kept(), problem.unitSize()));
  }
}

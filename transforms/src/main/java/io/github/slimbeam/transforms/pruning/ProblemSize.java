// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;

/**
 * How large a {@link PruningProblem} is, without it.
 *
 * @param kind attention or FFN
 * @param rows m, outputs of the closing linear
 * @param units units there are
 * @param unitSize columns of a unit
 * @param removed units to be removed
 */
public record ProblemSize(SublayerKind kind, int rows, int units, int unitSize, int removed) {

  /** The size that a target of a plan has in a dense model. */
  public static ProblemSize of(ModelConfig dense, SublayerTarget target) {
    SublayerKind kind = target.getSublayer().getKind();
    LayerShape shape = dense.layers().get(target.getSublayer().getLayer());
    return new ProblemSize(
        kind, dense.hidden(), target.getUnits(), dense.unitSize(kind, shape), target.getRemoved());
  }

  /** The size of a problem whose weights and moments are loaded. */
  public static ProblemSize of(PruningProblem problem) {
    return new ProblemSize(
        problem.kind(),
        (int) problem.weight().getShape().get(0),
        problem.units(),
        problem.unitSize(),
        problem.removed());
  }

  /** n, columns of the closing linear. */
  public double columns() {
    return (double) units * unitSize;
  }

  /** Columns of the closing linear that stay. */
  public double kept() {
    return (double) (units - removed) * unitSize;
  }
}

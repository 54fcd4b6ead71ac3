package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.Family;
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

  /** Of a plan's target. */
  public static ProblemSize of(ModelConfig dense, SublayerTarget target) {
    SublayerKind kind = target.getSublayer().getKind();
    LayerShape shape = dense.layers().get(target.getSublayer().getLayer());
    Family.Dimension columns = dense.family().sublayer(kind).closing().columns();
    return new ProblemSize(
        kind, dense.hidden(), target.getUnits(), dense.span(columns, shape), target.getRemoved());
  }

  /** Of a problem. */
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

  /** Columns that stay. */
  public double kept() {
    return (double) (units - removed) * unitSize;
  }
}

package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import java.util.Locale;

/**
 * What is done to the closing linear, y = W x + b, once a method has chosen the columns R that
 * stay. Any recovery goes with any method; all need only moments.
 */
public enum Recovery {
  /** The kept columns as they are. */
  NONE,
  /**
   * Slope and intercept per output channel by ordinary least squares of y on W_R x_R: W_R ← α W_R,
   * b ← b + β, α = cov/var, β = ȳ − α x̄; α = 1 where the kept output does not vary. SlimLLM's (Guo
   * et al., ICML 2025).
   */
  REGRESSION,
  /** b ← b + W_S x̄_S: the mean of what is gone. FLAP's. */
  BIAS,
  /**
   * Optimal Brain Surgeon's: W_R ← W H[:, R] (H_RR)⁻¹ on the damped Hessian. SlimGPT makes the same
   * weights while it selects; for other selections they are solved for here.
   */
  COMPENSATION,
  /**
   * The normal equations without damping: no W_R makes ‖WX − W_R X_R‖² smaller. Damping is raised
   * from 0 only where they cannot be solved; with fewer than two tokens a column it begins at 0.01,
   * as an exact fit to so few is worth nothing: on the example model, 256 tokens for 352 columns,
   * perplexity is 100.5 without damping and 2.20 with it.
   */
  LEAST_SQUARES;

  private static final TorchProgram PROGRAM = TorchProgram.of(Recovery.class);
  private static final List<Double> LADDER = List.of(0.0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 1e-1);

  /** Damping for selections that bring none of their own. */
  private static final double DAMPING = 0.01;

  /** Its name on the command line, such as {@code leastSquares}. */
  public String optionName() {
    return this == LEAST_SQUARES ? "leastSquares" : name().toLowerCase(Locale.ROOT);
  }

  /** Whether the closing linears get a bias that they did not have. */
  public boolean makesBias() {
    return this == REGRESSION || this == BIAS;
  }

  /** The outcome of a selection after this recovery; its tensors belong to {@code scope}. */
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    NDArray kept = scope.int64(SublayerWeights.positions(selected.kept(), problem.unitSize()));
    return switch (this) {
      case NONE -> asTheyAre(scope, problem, selected);
      case REGRESSION -> regression(scope, problem, selected, kept);
      case BIAS ->
          asTheyAre(scope, problem, selected)
              .withBias(
                  PROGRAM.call(
                      scope, "lost_mean", problem.weight(), problem.moments().mean(scope), kept));
      case COMPENSATION ->
          selected.compensated() ? selected : refit(scope, problem, selected, kept, DAMPING);
      case LEAST_SQUARES ->
          refit(scope, problem, selected, kept, problem.cover().isThin() ? DAMPING : 0);
    };
  }

  /** The kept columns without what the selection may have done to them. */
  private static PruningOutcome asTheyAre(
      TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    return PruningOutcome.selecting(scope, problem, selected.removalOrder())
        .withScores(selected.scores());
  }

  /** What it costs after a selection that did not make the weights itself. */
  public StepCost cost(ProblemSize size) {
    double m = size.rows();
    double n = size.columns();
    double kept = size.kept();
    StepCost columns = StepCost.elements(m * kept);
    return switch (this) {
      case NONE -> columns;
      case BIAS -> columns.plus(new StepCost(4 * m * n, m * kept * Double.BYTES));
      case REGRESSION ->
          StepCost.elements(2 * n * n + kept * n + kept * kept + 6 * m * kept)
              .plus(StepCost.product(m, kept, n))
              .plus(StepCost.product(m, kept, kept));
      case COMPENSATION, LEAST_SQUARES ->
          StepCost.elements(n * n + kept * n + 3 * kept * kept)
              .plus(new StepCost(kept * kept * kept / 3 + 2 * m * kept * kept, 0))
              .plus(StepCost.product(kept, n, m))
              .plus(StepCost.elements(2 * m * kept));
    };
  }

  private static PruningOutcome regression(
      TorchScope scope, PruningProblem problem, PruningOutcome selected, NDArray kept) {
    try (TorchScope inner = scope.nested()) {
      List<NDArray> line =
          PROGRAM.callTuple(
              inner,
              "regression",
              problem.weight(),
              problem.moments().covariance(inner),
              problem.moments().mean(inner),
              kept);
      NDArray weight = PROGRAM.call(inner, "scaled", problem.weight(), line.get(0), kept);
      return selected.withWeight(scope.adopt(weight), 0, 0).withBias(scope.adopt(line.get(1)));
    }
  }

  private static PruningOutcome refit(
      TorchScope scope,
      PruningProblem problem,
      PruningOutcome selected,
      NDArray kept,
      double damping) {
    int raised = 0;
    for (double share : LADDER) {
      if (share < damping) {
        continue;
      }
      try (TorchScope inner = scope.nested()) {
        NDArray hessian = OptimalBrainSurgeon.hessian(inner, problem.moments(), share);
        List<NDArray> refit = PROGRAM.callTuple(inner, "refit", problem.weight(), hessian, kept);
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
}

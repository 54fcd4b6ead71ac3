package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * FLAP's selection: removes the units whose input fluctuates least, Σ ‖W_:j‖² Var(X_j) over their
 * columns j: what hardly varies, a bias replaces ({@link Recovery#BIAS}).
 *
 * <p><em>Cost</em>: 2 m n flops; needs the diagonal of XᵀX, and Σx.
 */
public record Flap() implements PruningMethod {
  @Override
  public String name() {
    return "flap";
  }

  @Override
  public String reference() {
    return "An et al., Fluctuation-based Adaptive Structured Pruning for Large Language Models, AAAI 2024";
  }

  @Override
  public Needs needs() {
    return Needs.DIAGONAL;
  }

  @Override
  public Recovery recovery() {
    return Recovery.BIAS;
  }

  @Override
  public String schedule() {
    return "flap";
  }

  @Override
  public List<RecipeOption> options() {
    return List.of();
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return ColumnScores.removeLeast(scope, problem, ColumnScores.fluctuation(problem));
  }
}

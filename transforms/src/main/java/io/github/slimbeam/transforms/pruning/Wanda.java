package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * Wanda, structured: removes the units of least Σ_ij |W_ij| ‖X_j‖ over their columns j.
 *
 * <p><em>Cost</em>: 2 m n flops; needs the diagonal of XᵀX.
 */
public record Wanda() implements PruningMethod {
  @Override
  public String name() {
    return "wanda";
  }

  @Override
  public String reference() {
    return "Sun et al., A Simple and Effective Pruning Approach for Large Language Models, ICLR 2024; structured as Wanda-sp by An et al., AAAI 2024";
  }

  @Override
  public Needs needs() {
    return Needs.DIAGONAL;
  }

  @Override
  public Recovery recovery() {
    return Recovery.NONE;
  }

  @Override
  public String schedule() {
    return "uniform";
  }

  @Override
  public List<RecipeOption> options() {
    return List.of();
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return ColumnScores.removeLeast(scope, problem, ColumnScores.wanda(problem));
  }
}

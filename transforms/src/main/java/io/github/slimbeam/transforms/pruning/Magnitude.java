package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * Removes the units whose closing columns have the least squared norm, Σ ‖W_:j‖². Needs no data.
 *
 * <p><em>Cost</em>: 2 m n flops.
 */
public record Magnitude() implements PruningMethod {
  @Override
  public String name() {
    return "magnitude";
  }

  @Override
  public String reference() {
    return "Han et al., Learning both Weights and Connections for Efficient Neural Networks, NeurIPS 2015";
  }

  @Override
  public Needs needs() {
    return Needs.NOTHING;
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
    return ColumnScores.removeLeast(scope, problem, ColumnScores.magnitude(problem));
  }
}

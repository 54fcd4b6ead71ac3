package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.Serializable;
import java.util.List;

/**
 * A way to choose the units that a sub-layer loses, and to make up for them. Pure: same problem,
 * same outcome.
 */
public interface PruningMethod extends Serializable {

  /** Its name on the command line. */
  String name();

  /** The paper it is from. */
  String reference();

  /** What it must be given besides the weights. */
  Needs needs();

  /** The recovery it goes with in its paper. */
  Recovery recovery();

  /** The schedule it goes with in its paper, see {@link PlanRequest}. */
  String schedule();

  /** What a method must be given besides the closing linear's weights. */
  enum Needs {
    NOTHING("nothing"),
    DIAGONAL("Σx and the diagonal of XᵀX"),
    MOMENTS("n, Σx and XᵀX"),
    MOMENTS_AND_OPENINGS("n, Σx and XᵀX, and the opening linears");

    private final String description;

    Needs(String description) {
      this.description = description;
    }

    /** In words. */
    public String description() {
      return description;
    }
  }

  /** Its options, as far as they decide the result. */
  List<RecipeOption> options();

  /** Solves a problem; the outcome's tensors belong to {@code scope}. */
  PruningOutcome prune(TorchScope scope, PruningProblem problem);
}

package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.List;

/**
 * A method's selection followed by a recovery, which need not be its own.
 *
 * @param selection chooses the units
 * @param recovery makes up for them
 */
public record Combination(PruningMethod selection, Recovery recovery) implements PruningMethod {

  /** The method with the recovery of its paper; a combination stays as it is. */
  public static Combination of(PruningMethod method) {
    return method instanceof Combination combination
        ? combination
        : new Combination(method, method.recovery());
  }

  @Override
  public String name() {
    return selection.name();
  }

  @Override
  public String reference() {
    return selection.reference();
  }

  @Override
  public Needs needs() {
    boolean more = recovery != Recovery.NONE && selection.needs().compareTo(Needs.MOMENTS) < 0;
    return more ? Needs.MOMENTS : selection.needs();
  }

  @Override
  public String schedule() {
    return selection.schedule();
  }

  @Override
  public List<RecipeOption> options() {
    List<RecipeOption> options = new ArrayList<>(selection.options());
    options.add(new RecipeOption("recovery", recovery.optionName()));
    return options;
  }

  @Override
  public PruningOutcome prune(TorchScope scope, PruningProblem problem) {
    return recovery.apply(scope, problem, selection.prune(scope, problem));
  }
}

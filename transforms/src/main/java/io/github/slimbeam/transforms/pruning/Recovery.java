// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import com.fasterxml.jackson.annotation.JsonValue;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.Locale;

/**
 * What is done to the closing linear, y = W x + b, once a method has chosen the columns R that
 * stay. Any recovery goes with any method; all need only moments. Each is a class of its own and a
 * row here.
 */
public enum Recovery {
  /** The kept columns as they are. */
  NONE(new KeptColumns()),
  /** Slope and intercept of each output. SlimLLM's: see {@link Regression}. */
  REGRESSION(new Regression()),
  /** The mean of what is gone. FLAP's: see {@link LostMean}. */
  BIAS(new LostMean()),
  /** Optimal Brain Surgeon's, SlimGPT's: see {@link Compensation}. */
  COMPENSATION(new Compensation()),
  /** The least error that weights can have: see {@link LeastSquares}. */
  LEAST_SQUARES(new LeastSquares()),
  /** The least error that weights and a bias can have: see {@link AffineLeastSquares}. */
  AFFINE(new AffineLeastSquares());

  // No step has a field.
  @SuppressWarnings("ImmutableEnumChecker")
  private final RecoveryStep step;

  Recovery(RecoveryStep step) {
    this.step = step;
  }

  /** Its name on the command line, such as {@code leastSquares}. */
  @JsonValue
  public String optionName() {
    String[] words = name().toLowerCase(Locale.ROOT).split("_", -1);
    StringBuilder name = new StringBuilder(words[0]);
    for (int i = 1; i < words.length; i++) {
      name.append(words[i].substring(0, 1).toUpperCase(Locale.ROOT)).append(words[i].substring(1));
    }
    return name.toString();
  }

  /** Whether the closing linears get a bias that they did not have. */
  public boolean makesBias() {
    return step.makesBias();
  }

  /** The outcome of a selection after this recovery; its tensors belong to {@code scope}. */
  public PruningOutcome apply(TorchScope scope, PruningProblem problem, PruningOutcome selected) {
    return step.apply(scope, problem, selected);
  }

  /** What it costs after a selection that did not make the weights itself. */
  public StepCost cost(ProblemSize size) {
    return step.cost(size);
  }

  /**
   * Bytes that it holds beside the moments, at most.
   *
   * @param columns n of the closing linear
   */
  public double memory(double columns) {
    return step.memory(columns);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Removes columns of W one group after another, each time moving what they carried onto the columns
 * that stay, so that ‖WX − ŴX‖² grows least. H is inverted once; each removal downdates the inverse
 * instead:
 *
 * <pre>
 *   W_R ← W_R − W_S (G_SS)⁻¹ G_SR        G_RR ← G_RR − G_RS (G_SS)⁻¹ G_SR        error = tr(W_S (G_SS)⁻¹ W_Sᵀ)
 * </pre>
 *
 * <p><em>Cost</em>: n³ flops for the inverse (n³/3 to factor, 2n³/3 to invert); removing k of n
 * columns takes k³/3 + k²(n + m) + 2kmn + 2kn². From n down to n′ columns that sums to about 2(n³ −
 * n′³)/3 + m(n² − n′²), whatever the group sizes: 1.4 · 10¹² flops for half of 11,008 channels with
 * m = 4096, beside 1.3 · 10¹² for the inverse; the authors' code re-inverts at every group, 54
 * times there. <em>Memory</em>: H, G and one copy, n² · 8 bytes each.
 *
 * <p><em>Reference</em>: Hassibi and Stork 1993; Ling et al. 2024 (SlimGPT), eqs. 2–4. <em>Differs
 * from the paper</em>: downdates where its code re-inverts; algebraically the same.
 */
final class OptimalBrainSurgeon {
  private static final TorchProgram PROGRAM = TorchProgram.of(OptimalBrainSurgeon.class);

  /** Damping after each failure: never an identity in place of the Hessian. */
  private static final double[] LADDER = {1e-6, 1e-4, 1e-2, 1e-1};

  private final TorchScope scope;
  private final double damping;
  private final int dampingRaised;
  private final List<Double> stepErrors = new ArrayList<>();
  private NDArray weight;
  private NDArray inverse;
  private int[] alive;

  private OptimalBrainSurgeon(
      TorchScope scope, NDArray weight, NDArray inverse, double damping, int dampingRaised) {
    this.scope = scope;
    this.weight = weight;
    this.inverse = inverse;
    this.damping = damping;
    this.dampingRaised = dampingRaised;
    this.alive = new int[(int) weight.getShape().get(1)];
    Arrays.setAll(alive, i -> i);
  }

  /**
   * Factors the damped Hessian.
   *
   * @param scope owns the outcome
   * @param weight W [m, n], left as it is
   * @param moments of the input
   * @param damping added to the diagonal, as a share of its mean
   * @param where for messages
   * @throws BadInputException if it cannot be factored even with 0.1 of damping
   */
  static OptimalBrainSurgeon start(
      TorchScope scope, NDArray weight, Moments moments, double damping, String where) {
    int raised = 0;
    double share = damping;
    while (true) {
      try (TorchScope attempt = scope.nested()) {
        NDArray hessian = hessian(attempt, moments, share);
        List<NDArray> inverse = PROGRAM.callTuple(attempt, "inverse", hessian);
        if (inverse.get(1).toIntArray()[0] == 0) {
          return new OptimalBrainSurgeon(
              scope,
              PROGRAM.call(scope, "without_dead", weight, moments.gram()),
              scope.adopt(inverse.get(0)),
              share,
              raised);
        }
      }
      double last = share;
      share = Arrays.stream(LADDER).filter(next -> next > last).findFirst().orElse(Double.NaN);
      BadInputException.check(
          !Double.isNaN(share),
          "%s: the Hessian over %d tokens cannot be factored even with damping %s: give more calibration text",
          where,
          moments.count(),
          last);
      raised++;
    }
  }

  /** The cost of {@link #start}: H, its factor, its inverse, and a copy of W. */
  static StepCost startCost(double n, double m) {
    return new StepCost(n * n * n, 3 * n * n * Double.BYTES).plus(StepCost.elements(m * n));
  }

  /** The cost of removing k of n columns that are left. */
  static StepCost removalCost(double n, double k, double m) {
    double rest = n - k;
    return new StepCost(
            k * k * k / 3 + k * k * (rest + m) + 2 * k * m * rest + 2 * k * rest * rest, 0)
        // G_S and U; rows of G, then G_RR, which is then written once more; W_S and W_R.
        .plus(StepCost.elements(k * n + k * rest + rest * n + 2 * rest * rest))
        .plus(StepCost.elements(2 * m * k + 2 * m * rest));
  }

  /**
   * H = 2XXᵀ/n plus {@code damping} · mean(diag H) on the diagonal, where dead inputs have that
   * mean and no part in it: scaling X changes neither what is selected nor the weights.
   */
  static NDArray hessian(TorchScope scope, Moments moments, double damping) {
    return PROGRAM.call(scope, "hessian", moments.gram(), moments.count(), damping);
  }

  /** Errors of removing each column that is left, alone. */
  double[] columnErrors() {
    return values("column_errors", weight, inverse);
  }

  /** Errors of removing each unit of d columns that is left, by the given formula. */
  double[] unitErrors(HeadScore score, int unitSize) {
    return values(score.kernel(), weight, inverse, unitSize);
  }

  /**
   * Removes columns, given by their position among those that are left; returns the increase of
   * tr(ΔW H ΔWᵀ).
   */
  double remove(int[] positions) {
    boolean[] gone = new boolean[alive.length];
    for (int position : positions) {
      gone[position] = true;
    }
    int[] rest = new int[alive.length - positions.length];
    int[] left = new int[rest.length];
    for (int i = 0, j = 0; i < alive.length; i++) {
      if (!gone[i]) {
        rest[j] = i;
        left[j++] = alive[i];
      }
    }
    try (TorchScope step = scope.nested()) {
      List<NDArray> reduced =
          PROGRAM.callTuple(
              step, "remove", weight, inverse, step.int64(positions), step.int64(rest));
      weight.close();
      inverse.close();
      weight = scope.adopt(reduced.get(0));
      inverse = scope.adopt(reduced.get(1));
      alive = left;
      stepErrors.add(reduced.get(2).getDouble());
    }
    return stepErrors.get(stepErrors.size() - 1);
  }

  /** Columns that are left, by their number in the whole matrix, ascending. */
  List<Integer> alive() {
    return Arrays.stream(alive).boxed().toList();
  }

  /** The outcome, once enough is removed; scores are what the units had at first. */
  PruningOutcome outcome(List<Integer> kept, List<Integer> removalOrder, double... scores) {
    inverse.close();
    return new PruningOutcome(
            kept, weight, null, removalOrder, stepErrors, true, damping, dampingRaised, List.of())
        .withScores(scores);
  }

  private double[] values(String method, Object... arguments) {
    try (TorchScope step = scope.nested()) {
      return PROGRAM.call(step, method, arguments).toDoubleArray();
    }
  }
}

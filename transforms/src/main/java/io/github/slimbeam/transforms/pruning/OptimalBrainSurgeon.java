// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.statistics.CrossMoments;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Removes columns of W one group after another, each time moving what they carried onto the columns
 * that stay, so that ‖WX − ŴX‖² grows least, or ‖T − ŴX‖² where there is another target T. H is
 * inverted once; then
 *
 * <pre>
 *   W_R ← W_R − W_S (G_SS)⁻¹ G_SR        G_RR ← G_RR − G_RS (G_SS)⁻¹ G_SR        error = tr(W_S (G_SS)⁻¹ W_Sᵀ)
 * </pre>
 *
 * <p>of which the inverse is never written: it is G − UᵀU, U the rows L⁻¹ G_SR of all removals so
 * far. The rows of S are computed when S goes, and of the rest only the units' diagonal blocks,
 * which scores need.
 *
 * <p><em>Cost</em>: n³ flops for the inverse (n³/3 to factor, 2n³/3 to invert); from n down to n′
 * columns n r² − 2r³/3 + m(n² − n′²), r = n − n′, whatever the group sizes: 5.9 · 10¹¹ flops for
 * half of 11,008 channels with m = 4096, beside 1.3 · 10¹² for the inverse; the authors' code
 * re-inverts at every group, 54 times there. <em>Memory</em>: G, n² · 8 bytes, W and U.
 *
 * <p><em>Reference</em>: Hassibi and Stork 1993; Ling et al. 2024 (SlimGPT), eqs. 2–4. <em>Differs
 * from the paper</em>: downdates where its code re-inverts; algebraically the same.
 */
final class OptimalBrainSurgeon {
  private static final TorchProgram PROGRAM = TorchProgram.of(OptimalBrainSurgeon.class);

  /** Damping after each failure: never an identity in place of the Hessian. */
  private static final double[] LADDER = {1e-6, 1e-4, 1e-2, 1e-1};

  /** Columns are stored until one of so many is gone: copying them costs, as they do. */
  private static final int GONE = 4;

  /**
   * Columns that are removed by one call, which takes a few times as many rows of n: removing some
   * and then others is removing all of them.
   */
  private static final int AT_ONCE = 512;

  private final TorchScope scope;
  private final NDArray inverse;
  private final int unitSize;
  private final double damping;
  private final int dampingRaised;
  private final List<Double> stepErrors = new ArrayList<>();
  private NDArray weight;
  private NDArray blocks;
  private NDArray factor;
  private int removed;

  /** Columns that are stored, by their number in the whole matrix. */
  private int[] stored;

  /** Columns that are left, by where they are stored. */
  private int[] left;

  private OptimalBrainSurgeon(
      TorchScope scope,
      NDArray weight,
      NDArray inverse,
      int unitSize,
      int removals,
      double damping,
      int dampingRaised) {
    this.scope = scope;
    this.weight = weight;
    this.inverse = inverse;
    this.unitSize = unitSize;
    this.damping = damping;
    this.dampingRaised = dampingRaised;
    this.blocks = PROGRAM.call(scope, "blocks", inverse, unitSize);
    int columns = (int) weight.getShape().get(1);
    this.factor = scope.room(DataType.FLOAT64, removals, columns);
    this.stored = IntStream.range(0, columns).toArray();
    this.left = stored.clone();
  }

  /**
   * Factors the damped Hessian.
   *
   * @param scope owns the outcome
   * @param weight W [m, n], left as it is
   * @param moments of the input
   * @param unitSize consecutive columns that always go together
   * @param removals how many columns will go at most
   * @param damping added to the diagonal, as a share of its mean
   * @param where for messages
   * @throws BadInputException if it cannot be factored even with 0.1 of damping
   */
  static OptimalBrainSurgeon start(
      TorchScope scope,
      NDArray weight,
      Moments moments,
      int unitSize,
      int removals,
      double damping,
      String where) {
    int raised = 0;
    double share = damping;
    while (true) {
      try (TorchScope attempt = scope.nested()) {
        NDArray hessian = hessian(attempt, moments, share);
        if (PROGRAM.call(attempt, "invert", hessian).toIntArray()[0] == 0) {
          return new OptimalBrainSurgeon(
              scope,
              begin(scope, weight, moments, hessian, share),
              scope.adopt(hessian),
              unitSize,
              removals,
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

  /** W to begin with: the dense one, or what meets the target best. */
  private static NDArray begin(
      TorchScope scope, NDArray weight, Moments moments, NDArray inverse, double damping) {
    CrossMoments cross = moments.cross();
    try (TorchScope inner = scope.nested()) {
      return scope.adopt(
          cross == null
              ? PROGRAM.call(inner, "without_dead", weight, moments.gram().diagonal(inner))
              : PROGRAM.call(
                  inner, "optimum", ridge(inner, weight, moments, cross, damping), inverse));
    }
  }

  /** 2TXᵀ/n + λW, [m, n], λ the damping of {@link #hessian}: the right side that goes with it. */
  static NDArray ridge(
      TorchScope scope, NDArray weight, Moments moments, CrossMoments cross, double damping) {
    return PROGRAM.call(
        scope,
        "ridge",
        weight,
        cross.matrix(),
        moments.gram().diagonal(scope),
        moments.count(),
        damping);
  }

  /** The cost of {@link #start}: H, which becomes its inverse, and a copy of W. */
  static StepCost startCost(double n, double m) {
    return new StepCost(n * n * n, n * n * Double.BYTES).plus(StepCost.elements(m * n));
  }

  /** The cost of removing k columns when n are left and r are gone. */
  static StepCost removalCost(double n, double r, double k, double m) {
    return new StepCost(k * k * k / 3 + k * k * (n + m) + 2 * k * n * (r + m), 0)
        // Rows of G and of U, W_S, and W once more where it is written over.
        .plus(StepCost.elements(3 * k * n + 2 * m * k + m * n));
  }

  /**
   * H = 2XXᵀ/n plus {@code damping} · mean(diag H) on the diagonal, where dead inputs have that
   * mean and no part in it: scaling X changes neither what is selected nor the weights.
   */
  static NDArray hessian(TorchScope scope, Moments moments, double damping) {
    return PROGRAM.call(scope, "hessian", moments.gram().whole(scope), moments.count(), damping);
  }

  /** Errors of removing each unit that is left, by the given formula. */
  double[] unitErrors(HeadScore score) {
    try (TorchScope step = scope.nested()) {
      return PROGRAM
          .call(step, score.kernel(), weight, blocks, step.int64(units()))
          .toDoubleArray();
    }
  }

  /**
   * Removes columns of whole units, given by their position among those that are left; returns the
   * increase of tr(ΔW H ΔWᵀ).
   */
  double remove(int[] positions) {
    BitSet gone = new BitSet();
    Arrays.stream(positions).forEach(gone::set);
    int[] going = Arrays.stream(positions).map(position -> left[position]).toArray();
    int most = Math.max(1, AT_ONCE / unitSize) * unitSize;
    double error = 0;
    for (int from = 0; from < going.length; from += most) {
      error += removeStored(Arrays.copyOfRange(going, from, Math.min(going.length, from + most)));
    }
    stepErrors.add(error);
    int[] before = left;
    left =
        IntStream.range(0, before.length).filter(i -> !gone.get(i)).map(i -> before[i]).toArray();
    if ((stored.length - left.length) * GONE > stored.length) {
      compact();
    }
    return error;
  }

  /** Removes columns, given by where they are stored, which they still are afterwards. */
  private double removeStored(int... columns) {
    try (TorchScope step = scope.nested()) {
      double error =
          PROGRAM
              .call(
                  step,
                  "remove",
                  weight,
                  inverse,
                  blocks,
                  factor,
                  removed,
                  step.int64(columns),
                  step.int64(stored))
              .getDouble();
      removed += columns.length;
      return error;
    }
  }

  /** Units that are left, by where they are stored. */
  private int[] units() {
    return IntStream.range(0, left.length / unitSize)
        .map(unit -> left[unit * unitSize] / unitSize)
        .toArray();
  }

  private void compact() {
    try (TorchScope step = scope.nested()) {
      NDArray columns = step.int64(left);
      weight = replaced(weight, Selection.of(step, weight, 1, columns));
      blocks = replaced(blocks, Selection.of(step, blocks, 0, step.int64(units())));
      factor = replaced(factor, PROGRAM.call(step, "narrow", factor, removed, columns));
    }
    stored = Arrays.stream(left).map(column -> stored[column]).toArray();
    Arrays.setAll(left, i -> i);
  }

  private NDArray replaced(NDArray old, NDArray fresh) {
    old.close();
    return scope.adopt(fresh);
  }

  /** Columns that are left, by their number in the whole matrix, ascending. */
  List<Integer> alive() {
    return Arrays.stream(left).mapToObj(column -> stored[column]).toList();
  }

  /** The outcome, once enough is removed; scores are what the units had at first. */
  PruningOutcome outcome(List<Integer> kept, List<Integer> removalOrder, double... scores) {
    if (left.length < stored.length) {
      compact();
    }
    inverse.close();
    factor.close();
    return new PruningOutcome(
            kept, weight, null, removalOrder, stepErrors, true, damping, dampingRaised, List.of())
        .withScores(scores);
  }
}

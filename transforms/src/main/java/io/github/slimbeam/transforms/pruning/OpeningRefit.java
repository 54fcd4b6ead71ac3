// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opening and closing weights of an FFN whose channels are chosen, fitted in turn to the dense
 * model's states: {@link GaussNewton} for the opening ones, {@link NormalEquations} for the
 * closing. A change is taken whole, by half or by a quarter, whichever first lowers the error both
 * of the tokens it is fitted to and of those that it is not; where none does, it ends. At last the
 * opening weights are rounded, and the closing ones fitted to all tokens with them as they will be
 * written, those beyond the sample too.
 *
 * <p><em>Cost</em>: see {@link #flops}.
 *
 * @param tokens to be fitted to, and to be looked at
 * @param traits of the FFN
 * @param problem the sub-layer: its closing weights, dense and of the channels that stay, are where
 *     the fit is centred
 * @param rounds at most
 */
record OpeningRefit(
    RefitTokens tokens, Map<String, NDArray> traits, PruningProblem problem, int rounds) {
  private static final int STEPS = 8;
  private static final double[] PARTS = {1, 0.5, 0.25};

  /**
   * About how many flops it takes, in F32: a round is {@value #STEPS} steps of {@link GaussNewton}
   * and its gradient, 16 hidden · F a token each, four errors, 6 hidden · F each, and moments, F² +
   * 2 hidden · F; these once more at the end, where tokens that are not fitted to take part.
   *
   * @param tokens that are fitted to
   * @param all calibration tokens
   */
  static double flops(double tokens, double all, ProblemSize size, int rounds) {
    double weights = size.rows() * size.kept();
    double moments = size.kept() * size.kept() + 6 * weights;
    double round = 16 * weights * (STEPS + 1) + 4 * 6 * weights + moments;
    return tokens * (rounds * round + moments) + (all - tokens) * (moments + 6 * weights);
  }

  /**
   * What came of it.
   *
   * @param openings U and G, rounded, F32
   * @param closing D, [m, F], F64
   * @param error what is left of all tokens' targets, as a share of their squares
   * @param fitted the same of the tokens that it was fitted to, before and after each round
   * @param heldOut of those that it was not
   */
  record Fitted(
      GaussNewton.Pair openings,
      NDArray closing,
      double error,
      List<Double> fitted,
      List<Double> heldOut) {}

  /** Errors of some weights. */
  private record Errors(double fitted, double heldOut) {
    boolean below(Errors other) {
      return fitted < other.fitted && heldOut < other.heldOut;
    }
  }

  /**
   * Fits.
   *
   * @param weights by role, of the channels that stay: gate, up, and their biases, F32
   * @param closing D to begin with, F64
   * @param dtype what opening weights are written in
   */
  Fitted fit(TorchScope scope, Map<String, NDArray> weights, NDArray closing, DType dtype)
      throws IOException {
    List<Double> fitted = new ArrayList<>();
    List<Double> heldOut = new ArrayList<>();
    Map<String, NDArray> now = GaussNewton.closing(scope, weights, closing);
    NDArray last = closing;
    double fittedEnergy = GaussNewton.energy(tokens.fitted());
    double heldOutEnergy = GaussNewton.energy(tokens.heldOut());
    Errors errors = errors(now);
    fitted.add(errors.fitted() / fittedEnergy);
    heldOut.add(errors.heldOut() / heldOutEnergy);
    for (int round = 0; round < rounds; round++) {
      Map<String, NDArray> opened = opened(scope, now, errors);
      if (opened == null) {
        break;
      }
      now = opened;
      errors = errors(now);
      NDArray solved = closing(scope, now, tokens.fitted(), none -> {});
      Map<String, NDArray> closed = GaussNewton.closing(scope, now, solved);
      Errors after = errors(closed);
      if (after.below(errors)) {
        now = closed;
        last = solved;
        errors = after;
      }
      fitted.add(errors.fitted() / fittedEnergy);
      heldOut.add(errors.heldOut() / heldOutEnergy);
    }
    GaussNewton.Pair rounded =
        GaussNewton.openings(now).map((m, up) -> TensorBytes.rounded(scope, m, dtype));
    Map<String, NDArray> written = GaussNewton.with(now, rounded);
    if (fitted.size() > 1) {
      last = closing(scope, written, tokens.gathered(), tokens.rest());
      written = GaussNewton.closing(scope, written, last);
    }
    return new Fitted(rounded, last, error(written, fittedEnergy + heldOutEnergy), fitted, heldOut);
  }

  /**
   * What these weights leave of all tokens' targets.
   *
   * @param gathered energy of those that are gathered
   */
  private double error(Map<String, NDArray> weights, double gathered) throws IOException {
    double[] sums = {GaussNewton.error(tokens.gathered(), weights, traits), gathered};
    tokens
        .rest()
        .each(
            batch -> {
              sums[0] += GaussNewton.error(List.of(batch), weights, traits);
              sums[1] += GaussNewton.energy(List.of(batch));
            });
    return sums[0] / sums[1];
  }

  private Errors errors(Map<String, NDArray> weights) {
    return new Errors(
        GaussNewton.error(tokens.fitted(), weights, traits),
        GaussNewton.error(tokens.heldOut(), weights, traits));
  }

  /** Other opening weights that lower both errors; null if there are none on the way. */
  private @Nullable Map<String, NDArray> opened(
      TorchScope scope, Map<String, NDArray> weights, Errors before) {
    GaussNewton.Pair openings = GaussNewton.openings(weights);
    GaussNewton.Pair change = new GaussNewton(tokens.fitted(), traits).solve(scope, weights, STEPS);
    for (double part : PARTS) {
      try (TorchScope inner = scope.nested()) {
        GaussNewton.Pair next = GaussNewton.sum(inner, openings, change, part);
        if (errors(GaussNewton.with(weights, next)).below(before)) {
          return GaussNewton.with(weights, next.map((m, up) -> scope.adopt(m)));
        }
      }
    }
    return null;
  }

  /** D of these opening weights over batches, and over others that come one by one. */
  private NDArray closing(
      TorchScope scope,
      Map<String, NDArray> weights,
      List<RefitTokens.Batch> batches,
      RefitTokens.Rest rest)
      throws IOException {
    int channels = problem.units();
    try (GramAccumulator sums =
        new GramAccumulator(
            new TileGrid(channels, TileGrid.DEFAULT_TILE_SIZE),
            (int) problem.weight().getShape().get(0))) {
      Consumer<RefitTokens.Batch> add =
          batch -> {
            try (TorchScope inner = scope.nested()) {
              sums.add(
                  GaussNewton.closingInput(inner, batch, weights, traits),
                  batch.target(),
                  problem.where());
            }
          };
      batches.forEach(add);
      rest.each(add);
      return NormalEquations.solve(
              scope,
              problem,
              sums.moments(),
              PruningOutcome.selecting(scope, problem, List.of()),
              NormalEquations.DAMPING)
          .weight();
    }
  }
}

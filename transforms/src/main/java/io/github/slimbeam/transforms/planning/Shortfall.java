// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.UserText;
import java.util.Locale;
import java.util.Optional;

/**
 * A ratio that whole units cannot meet: one KV group a layer has to stay, so where there are one or
 * two, attention gives little or in coarse steps.
 */
public final class Shortfall {
  /** Of the layers' linear weights; rounding to units alone stays far below it in most models. */
  private static final double TOLERANCE = 0.02;

  private static final int STEPS = 1000;

  private Shortfall() {}

  /**
   * What to say of a plan whose model loses another share than was asked for, and which ratio would
   * meet it.
   *
   * @param request what was asked
   * @param plan what it makes
   */
  public static Optional<UserText> of(PlanRequest request, PruningPlan plan, ModelConfig config) {
    double removed = Plans.removedShare(config, plan);
    if (request.targetParameters() != null
        || !Double.isNaN(request.last())
        || Math.abs(removed - request.ratio()) <= TOLERANCE) {
      return Optional.empty();
    }
    return Optional.of(
        UserText.of(
            "⟨pruningRatio⟩=%s, but whole heads and channels make it %.3f of the layers' linear weights. %s",
            request.ratio(),
            removed,
            request.needsData() ? "The plan follows from the data" : remedy(request, config)));
  }

  private static String remedy(PlanRequest request, ModelConfig config) {
    double best = request.ratio();
    double reached = Double.NaN;
    for (int step = 0; step < STEPS; step++) {
      double ratio = (double) step / STEPS;
      double share = share(request, config, ratio);
      // Not a number, and so no better, where a schedule or a layer takes no such ratio.
      if (Double.isNaN(reached)
          ? !Double.isNaN(share)
          : Math.abs(share - request.ratio()) < Math.abs(reached - request.ratio())) {
        best = ratio;
        reached = share;
      }
    }
    return String.format(
        Locale.ROOT, "⟨pruningRatio⟩=%s comes nearest: it removes %.3f", best, reached);
  }

  private static double share(PlanRequest request, ModelConfig config, double ratio) {
    try {
      PlanRequest other =
          new PlanRequest(
              request.schedule(), ratio, null, request.first(), Double.NaN, request.rounding());
      return Plans.removedShare(config, other.plan(config));
    } catch (BadInputException e) {
      return Double.NaN;
    }
  }
}

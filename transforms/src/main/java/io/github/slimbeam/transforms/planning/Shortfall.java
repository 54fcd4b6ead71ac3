// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.model.Model;
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
  public static Optional<UserText> of(PlanRequest request, PruningPlan plan, Model model) {
    double removed = Plans.removedShare(model.config(), plan);
    if (!(request.size() instanceof PlanSize.Ratio asked)
        || !Double.isNaN(request.last())
        || Math.abs(removed - asked.ratio()) <= TOLERANCE) {
      return Optional.empty();
    }
    return Optional.of(
        UserText.of(
            "⟨pruningRatio⟩=%s, but whole heads and channels make it %.3f of the layers' linear weights. %s",
            asked.ratio(),
            removed,
            request.needsData()
                ? "The plan follows from the data"
                : remedy(request, asked.ratio(), model)));
  }

  private static String remedy(PlanRequest request, double asked, Model model) {
    double best = asked;
    double reached = Double.NaN;
    for (int step = 0; step < STEPS; step++) {
      double ratio = (double) step / STEPS;
      double share = share(request, model, ratio);
      // Not a number, and so no better, where a schedule or a layer takes no such ratio.
      if (Double.isNaN(reached)
          ? !Double.isNaN(share)
          : Math.abs(share - asked) < Math.abs(reached - asked)) {
        best = ratio;
        reached = share;
      }
    }
    return String.format(
        Locale.ROOT, "⟨pruningRatio⟩=%s comes nearest: it removes %.3f", best, reached);
  }

  private static double share(PlanRequest request, Model model, double ratio) {
    try {
      PlanRequest other = request.sized(new PlanSize.Ratio(ratio));
      return Plans.removedShare(model.config(), other.plan(model));
    } catch (BadInputException e) {
      return Double.NaN;
    }
  }
}

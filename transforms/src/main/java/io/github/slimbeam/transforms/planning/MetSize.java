// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.UserText;
import java.util.List;
import java.util.Optional;

/** What whole units, and widths that are not free, give up of the size that was asked for. */
public final class MetSize {
  private MetSize() {}

  /**
   * The size that was asked for and the one that is met; nothing of a ratio where every width is
   * allowed, see {@link Shortfall}, nor where no size was asked for.
   *
   * @param request what was asked
   * @param after the layers that are left
   */
  public static Optional<UserText> of(PlanRequest request, List<LayerShape> after, Model dense) {
    PlanSize size = request.size();
    boolean isExact = request.widths().isFree() && size instanceof PlanSize.Ratio;
    if (isExact || !Double.isNaN(request.last())) {
      return Optional.empty();
    }
    long met = size.of(dense, after);
    if (size instanceof PlanSize.Ratio) {
      double removed = 1 - (double) met / size.of(dense, dense.config().layers());
      return Optional.of(
          UserText.of(
              "⟨pruningRatio⟩=%s, met %.4f with %s", size.value(), removed, words(request)));
    }
    return Optional.of(
        UserText.of("⟨%s⟩=%s, met %d with %s", size.option(), size.value(), met, words(request)));
  }

  private static String words(PlanRequest request) {
    Widths widths = request.widths();
    StringBuilder words = new StringBuilder();
    words.append("⟨layout⟩=").append(widths.layout().optionName());
    if (widths.roundChannels() > 1) {
      words.append(" ⟨roundChannels⟩=").append(widths.roundChannels());
    }
    if (widths.roundHeads() > 1) {
      words.append(" ⟨roundHeads⟩=").append(widths.roundHeads());
    }
    return words.toString();
  }
}

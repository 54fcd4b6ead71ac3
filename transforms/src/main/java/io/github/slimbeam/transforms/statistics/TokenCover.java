// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import io.github.slimbeam.transforms.storage.UserText;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How many calibration tokens there are for each column of a closing linear. Fewer tokens than
 * columns can be fitted without any error, which says nothing of other text; about two a column are
 * the least that a fit can be believed of.
 *
 * @param tokens behind the moments
 * @param columns width of the moments; 0 where it is not known
 */
public record TokenCover(long tokens, long columns) {
  private static final int ENOUGH = 2;

  /** Whether there are too few. */
  public boolean isThin() {
    return tokens < ENOUGH * columns;
  }

  /** What to say of a run, if any of its sub-layers had too few. */
  public static Optional<UserText> remark(List<TokenCover> sublayers) {
    List<TokenCover> thin = sublayers.stream().filter(TokenCover::isThin).toList();
    return thin.stream()
        .min(Comparator.comparingDouble(c -> (double) c.tokens() / c.columns()))
        .map(
            worst ->
                UserText.of(
                    "%d of %d sub-layers were pruned on fewer than %d tokens a column (%d tokens for %d columns): their"
                        + " errors look better than they are. Give more calibration text, or raise ⟨sequences⟩"
                        + " or ⟨sequenceLength⟩",
                    thin.size(), sublayers.size(), ENOUGH, worst.tokens(), worst.columns()));
  }
}

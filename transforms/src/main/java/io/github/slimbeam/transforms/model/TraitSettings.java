// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import org.jspecify.annotations.Nullable;

/**
 * Where the {@link Traits} of a family's models stand in {@code config.json}. One that is left out
 * is neutral.
 *
 * @param sliding which layers see only the tokens just before
 */
public record TraitSettings(
    Setting activation,
    Setting epsilon,
    @Nullable Setting normOffset,
    @Nullable Setting embeddingScale,
    @Nullable Setting residualScale,
    @Nullable Setting attentionScale,
    @Nullable Setting attentionSoftCap,
    @Nullable Setting logitDivisor,
    @Nullable Setting logitSoftCap,
    @Nullable Sliding sliding) {

  /**
   * Which layers have a sliding window.
   *
   * @param window tokens that a token sees, itself included
   * @param on switch without which no layer has one; null if there is no switch
   * @param pattern which layers have one where {@code layer_types} does not say it
   * @param count what the pattern counts to
   * @param layerTypes whether {@code layer_types} says it
   */
  public record Sliding(
      Setting window,
      @Nullable Setting on,
      Pattern pattern,
      @Nullable Setting count,
      boolean layerTypes) {}

  /** Layers with a sliding window; they are counted from 0. */
  public enum Pattern {
    /** All. */
    all,
    /** None. */
    none,
    /** All but each {@code count}-th. */
    exceptEvery,
    /** Layer {@code count} and all after it. */
    from
  }
}

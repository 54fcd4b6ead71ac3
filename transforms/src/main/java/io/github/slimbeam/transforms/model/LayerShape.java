// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import io.github.slimbeam.schemas.SublayerKind;

/**
 * How wide one decoder layer is.
 *
 * @param heads query heads
 * @param groups key-value heads; each serves {@code heads / groups} query heads, which are pruned
 *     together
 * @param channels width of the FFN
 */
public record LayerShape(int heads, int groups, int channels) {

  /** Units that pruning may remove: KV groups, or channels. */
  public int units(SublayerKind kind) {
    return kind == SublayerKind.ATTENTION ? groups : channels;
  }

  /** The shape that is left when a sub-layer keeps this many units. */
  public LayerShape keeping(SublayerKind kind, int kept) {
    return kind == SublayerKind.ATTENTION
        ? new LayerShape(heads / groups * kept, kept, channels)
        : new LayerShape(heads, groups, kept);
  }
}

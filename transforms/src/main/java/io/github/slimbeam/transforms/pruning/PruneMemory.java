// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import java.util.Locale;

/**
 * What the prune step of n columns takes of the device's memory: about 2 · n² · 8 bytes: the
 * Hessian that becomes its inverse, and rows of its factor; 2 GB at 11,008. It cannot be done in
 * smaller parts.
 */
public final class PruneMemory {
  private PruneMemory() {}

  /** About how many bytes a step takes at this width: two matrices in F64. */
  public static long bytes(long columns) {
    return 2 * columns * columns * Double.BYTES;
  }

  /**
   * Runs a prune step, or a part of it.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the sub-layer and the
   *     memory, if there is not enough
   */
  public static <T, E extends Exception> T need(
      SublayerKey sublayer, long columns, DeviceMemory.Work<T, E> step) throws E {
    return DeviceMemory.need(
        () ->
            String.format(
                Locale.ROOT,
                "layer %d %s: pruning %d columns does not fit in the device's memory: it takes about %.1f GB:"
                    + " choose another ⟨device⟩ (the CPU has the host's memory) or fewer slots per device",
                sublayer.getLayer(),
                sublayer.getKind(),
                columns,
                bytes(columns) / 1e9),
        step);
  }
}

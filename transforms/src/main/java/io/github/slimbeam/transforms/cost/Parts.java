// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import io.github.slimbeam.transforms.forward.Batches;

/**
 * How calibration windows are divided.
 *
 * @param shards parts in which they travel
 * @param batchTokens computed at once in forward passes, unless one window alone is longer
 */
public record Parts(int shards, int batchTokens) {
  /** So many shards, in batches of the usual size. */
  public static Parts of(int shards) {
    return new Parts(shards, Batches.MAX_TOKENS);
  }
}

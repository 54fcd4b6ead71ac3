// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.schemas.SublayerKind;
import org.jspecify.annotations.Nullable;

/** What the units of a sub-layer are called. */
final class Units {
  private Units() {}

  /**
   * Their name; attention's depends on whether query heads share a key-value head, which null
   * leaves open.
   */
  static String of(SublayerKind kind, @Nullable Integer queryHeadsPerGroup) {
    if (kind == SublayerKind.FFN) {
      return "FFN channels";
    }
    return queryHeadsPerGroup != null && queryHeadsPerGroup == 1 ? "attention heads" : "KV groups";
  }

  /** The sub-layer's name in a sentence. */
  static String sublayer(SublayerKind kind) {
    return kind == SublayerKind.FFN ? "FFN" : "attention";
  }
}

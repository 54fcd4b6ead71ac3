package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.schemas.SublayerKind;

/** What the units of a sub-layer are called. */
final class Units {
  private Units() {}

  /** Their name; attention's depends on whether query heads share a key-value head. */
  static String of(SublayerKind kind, Integer queryHeadsPerGroup) {
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

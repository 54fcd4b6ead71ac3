// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.schemas.SublayerReport;

/** How many units there were and how many stayed. */
public record Width(int dense, int kept) {
  static Width of(SublayerReport sublayer) {
    return new Width(sublayer.getUnits(), sublayer.getKept().size());
  }

  Width times(int factor) {
    return new Width(dense * factor, kept * factor);
  }
}

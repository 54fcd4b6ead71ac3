// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where the curves come from that a plan is of.
 *
 * @param given those of a former run; null where there are none
 * @param layers decoder layers that this run measures; 0 where it measures nothing
 * @param options what its measuring follows from
 */
record CurveSource(@Nullable MeasuredCurves given, int layers, List<RecipeOption> options)
    implements Serializable {

  /** Of plans that are not of curves. */
  static CurveSource none() {
    return new CurveSource(null, 0, List.of());
  }

  /**
   * The curves, once the plan is made.
   *
   * @param weights of the dense model
   * @param windows that were calibrated on
   */
  Optional<MeasuredCurves> find(PruningWork work, WeightHashes weights, CalibrationDigest windows)
      throws IOException {
    if (given != null || layers == 0) {
      return Optional.ofNullable(given);
    }
    List<RemovalCurve> all = new ArrayList<>();
    for (int stage = 0; stage < 2 * layers; stage++) {
      all.add(work.finished().curve(HiddenStateFiles.sublayerEntered(stage)).orElseThrow());
    }
    return Optional.of(new MeasuredCurves(weights.getFiles(), windows, options, all));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.transforms.planning.CurvesFile;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.Optional;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;

/**
 * What the curves that a run was given must be of, as soon as it is known: the calibration windows,
 * of which a claimed directory tells, and the dense weights, which are hashed beside the first
 * stages, or were by a former submission. Anything else is refused.
 */
final class CheckCurves {
  private CheckCurves() {}

  /** The digest of a claimed directory's windows to itself. */
  static ParDo.SingleOutput<CalibrationDigest, CalibrationDigest> ofWindows(
      MeasuredCurves curves, PruningWork work) {
    return ParDo.of(new WindowsFn(curves, work));
  }

  /** The hashes of the dense weights to themselves. */
  static ParDo.SingleOutput<WeightHashes, WeightHashes> ofWeights(
      MeasuredCurves curves, PruningWork work) {
    return ParDo.of(new WeightsFn(curves, work));
  }

  private static final class WindowsFn extends DoFn<CalibrationDigest, CalibrationDigest> {
    private static final long serialVersionUID = 1;
    private final MeasuredCurves curves;
    private final PruningWork work;

    WindowsFn(MeasuredCurves curves, PruningWork work) {
      this.curves = curves;
      this.work = work;
    }

    @ProcessElement
    public void process(@Element CalibrationDigest windows, OutputReceiver<CalibrationDigest> out)
        throws IOException {
      CurvesFile.checkWindows(curves, windows);
      Optional<WeightHashes> kept = work.finished().weights();
      kept.ifPresent(w -> CurvesFile.checkWeights(curves, work.model(), w.getFiles()));
      out.output(windows);
    }
  }

  private static final class WeightsFn extends DoFn<WeightHashes, WeightHashes> {
    private static final long serialVersionUID = 1;
    private final MeasuredCurves curves;
    private final PruningWork work;

    WeightsFn(MeasuredCurves curves, PruningWork work) {
      this.curves = curves;
      this.work = work;
    }

    @ProcessElement
    public void process(@Element WeightHashes weights, OutputReceiver<WeightHashes> out) {
      CurvesFile.checkWeights(curves, work.model(), weights.getFiles());
      out.output(weights);
    }
  }
}

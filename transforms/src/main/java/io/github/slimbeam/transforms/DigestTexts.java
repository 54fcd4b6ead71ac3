// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.calibration.TextDigest;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;

/**
 * The digest of all texts or windows, whatever their order: one element, also if there are none.
 * See {@link TextDigest}.
 */
public final class DigestTexts
    extends PTransform<PCollection<CalibrationText>, PCollection<CalibrationDigest>> {

  private DigestTexts() {}

  /** The digest of all elements. */
  public static DigestTexts create() {
    return new DigestTexts();
  }

  @Override
  public PCollection<CalibrationDigest> expand(PCollection<CalibrationText> texts) {
    return texts.apply("Sum digests", Combine.globally(new SumFn()));
  }

  private static final class SumFn
      extends Combine.CombineFn<CalibrationText, CalibrationDigest, CalibrationDigest> {

    @Override
    public CalibrationDigest createAccumulator() {
      return TextDigest.none();
    }

    @Override
    public CalibrationDigest addInput(CalibrationDigest sum, CalibrationText text) {
      return TextDigest.sum(sum, TextDigest.of(text));
    }

    @Override
    public CalibrationDigest mergeAccumulators(Iterable<CalibrationDigest> sums) {
      CalibrationDigest merged = TextDigest.none();
      for (CalibrationDigest sum : sums) {
        merged = TextDigest.sum(merged, sum);
      }
      return merged;
    }

    @Override
    public CalibrationDigest extractOutput(CalibrationDigest sum) {
      return sum;
    }

    @Override
    public Coder<CalibrationDigest> getAccumulatorCoder(
        CoderRegistry registry, Coder<CalibrationText> inputCoder) {
      return AvroCoder.specific(CalibrationDigest.class);
    }

    @Override
    public Coder<CalibrationDigest> getDefaultOutputCoder(
        CoderRegistry registry, Coder<CalibrationText> inputCoder) {
      return AvroCoder.specific(CalibrationDigest.class);
    }
  }
}

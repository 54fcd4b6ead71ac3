// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.calibration.TextDigest;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestPipelineExtension.class)
class DigestTextsTest {

  @Test
  void addsUpAllTextsAndWindows(TestPipeline pipeline) throws Exception {
    List<CalibrationText> texts = new ArrayList<>(SampleSequencesTest.stories());
    texts.add(new CalibrationText("w", null, List.of(1, 2, 3)));
    CalibrationDigest expected =
        texts.stream().map(TextDigest::of).reduce(TextDigest.none(), TextDigest::sum);
    check(pipeline, texts, expected);
  }

  @Test
  void hasADigestOfNothing(TestPipeline pipeline) {
    check(pipeline, List.of(), TextDigest.none());
  }

  private static void check(
      TestPipeline pipeline, List<CalibrationText> texts, CalibrationDigest expected) {
    PAssert.that(
            pipeline
                .apply(Create.of(texts).withCoder(AvroCoder.specific(CalibrationText.class)))
                .apply(DigestTexts.create()))
        .containsInAnyOrder(expected);
    pipeline.run();
  }
}

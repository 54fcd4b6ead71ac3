// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationText;
import java.util.List;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestPipelineExtension.class)
class TokenizeTextTest {

  @Test
  void drawsAsFromFiles(TestPipeline pipeline) throws Exception {
    List<CalibrationText> stories = SampleSequencesTest.stories();
    TokenizeText tokenize =
        TokenizeText.using("../pipelines/examples/story-llama")
            .withSequences(10)
            .withSequenceLength(100)
            .withSeed(9)
            .withVocabularySize(1024);
    PAssert.that(
            pipeline
                .apply(Create.of(stories.stream().map(CalibrationText::getText).toList()))
                .apply(tokenize))
        .containsInAnyOrder(SampleSequencesTest.oracle(stories, 10, 100, 9));
    pipeline.run();
  }
}

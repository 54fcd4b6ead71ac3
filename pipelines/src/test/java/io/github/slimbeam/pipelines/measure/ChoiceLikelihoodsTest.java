// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.pipelines.prune.ExampleJob;
import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ScoredQuestion;
import io.github.slimbeam.transforms.ReadQuestions;
import io.github.slimbeam.transforms.ScoreChoices;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * 100 choices under the example model, and under it pruned, against transformers. Magnitude alone
 * keeps weights as they are, so that any machine makes the same pruned model.
 */
@ExtendWith(TestPipelineExtension.class)
class ChoiceLikelihoodsTest {
  @TempDir private Path directory;

  @Test
  void areThoseOfTransformers(TestPipeline pipeline) throws IOException {
    Path pruned = directory.resolve("pruned");
    ExampleJob.pruneDirectly(
        pruned, ExampleJob.windows(directory, 2), "--method=magnitude", "--recovery=none");
    PCollection<ChoiceQuestion> questions =
        pipeline.apply(
            ReadQuestions.of(StoryChoices.task(), StoryChoices.SET.toString()).withLimit(25));
    JsonNode expected =
        new ObjectMapper()
            .readTree(getClass().getResourceAsStream("/fixtures/choice-likelihoods.json"));
    compare(questions, ExampleJob.EXAMPLES.resolve("story-llama"), expected.get("dense"));
    compare(questions, pruned, expected.get("pruned"));
    pipeline.run();
  }

  private static void compare(
      PCollection<ChoiceQuestion> questions, Path model, JsonNode expected) {
    String array = expected.toString();
    PAssert.that(
            questions.apply(
                "Score " + model.getFileName(), ScoreChoices.of(model.toString()).on("cpu")))
        .satisfies(scored -> isClose(scored, array));
  }

  private static Void isClose(Iterable<ScoredQuestion> scored, String array) {
    JsonNode expected = read(array);
    int choices = 0;
    for (ScoredQuestion question : scored) {
      JsonNode row = expected.get(question.getQuestion().getNumber());
      for (int i = 0; i < 4; i++) {
        // Absolute; values reach from -0.6 to -50.
        assertThat(question.getLogLikelihoods().get(i))
            .isCloseTo(row.get(i).asDouble(), within(1e-4));
        choices++;
      }
    }
    assertThat(choices).isEqualTo(100);
    return null;
  }

  private static JsonNode read(String json) {
    try {
      return new ObjectMapper().readTree(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

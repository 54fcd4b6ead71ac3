// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ScoredQuestion;
import io.github.slimbeam.schemas.TaskScores;
import io.github.slimbeam.transforms.evaluation.Accuracy;
import io.github.slimbeam.transforms.evaluation.ChoiceDecision;
import java.util.List;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * Questions of any number of tasks to one record of how many of each a model answers rightly; see
 * {@link Accuracy} for what follows from it.
 */
public final class EvaluateTasks
    extends PTransform<PCollection<ChoiceQuestion>, PCollection<TaskScores>> {
  private static final long serialVersionUID = 1;

  private final ScoreChoices choices;

  private EvaluateTasks(ScoreChoices choices) {
    this.choices = choices;
  }

  /** Decides each question by the likelihoods that these choices get. */
  public static EvaluateTasks by(ScoreChoices choices) {
    return new EvaluateTasks(choices);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.include("choices", choices);
  }

  @Override
  public PCollection<TaskScores> expand(PCollection<ChoiceQuestion> questions) {
    return questions
        .apply("Score choices", choices)
        .apply("Decide questions", ParDo.of(new DecideFn()))
        .setCoder(AvroCoder.specific(TaskScores.class))
        .apply("Add scores", Combine.globally(new AddFn()));
  }

  private static final class DecideFn extends DoFn<ScoredQuestion, TaskScores> {
    private static final long serialVersionUID = 1;

    @ProcessElement
    public void process(@Element ScoredQuestion scored, OutputReceiver<TaskScores> out) {
      out.output(new TaskScores(List.of(ChoiceDecision.score(scored))));
    }
  }

  private static final class AddFn
      implements SerializableFunction<Iterable<TaskScores>, TaskScores> {
    private static final long serialVersionUID = 1;

    @Override
    public TaskScores apply(Iterable<TaskScores> parts) {
      return Accuracy.add(parts);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.command.PathOption;
import io.github.slimbeam.pipelines.measure.TaskOptions;
import org.apache.beam.sdk.options.Description;
import org.jspecify.annotations.Nullable;

/** What {@code prune} measures of the dense and the pruned model once that is whole. */
public interface MeasureOptions extends TaskOptions {

  @Description(
      "Held-out texts, as in perplexity's --text: the perplexity before and after is printed and reported")
  @PathOption(PathOption.Kind.PATTERNS)
  @Nullable String getEvaluation();

  void setEvaluation(String value);

  @Description("Tokens of a window of held-out text; --sequenceLength if not given")
  @Nullable Integer getEvaluationLength();

  void setEvaluationLength(Integer value);

  @Description("Multiple-choice sets, as in evaluate: the accuracy before and after")
  @PathOption(PathOption.Kind.NAMED_PATTERNS)
  @Nullable String getTasks();

  void setTasks(String value);

  @Description(
      "File of prompts, one a line: what both models write after them goes into the report")
  @PathOption
  @Nullable String getPrompts();

  void setPrompts(String value);
}

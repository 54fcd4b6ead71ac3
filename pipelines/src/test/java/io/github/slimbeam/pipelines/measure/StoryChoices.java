// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.pipelines.prune.ExampleJob;
import io.github.slimbeam.transforms.evaluation.ChoiceTask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The example's multiple-choice set: 100 questions. */
final class StoryChoices {
  static final Path TASK = ExampleJob.EXAMPLES.resolve("story-choices.json");
  static final Path SET = ExampleJob.EXAMPLES.resolve("story-choices.jsonl");

  private StoryChoices() {}

  static ChoiceTask task() throws IOException {
    return ChoiceTask.parse(Files.readString(TASK), TASK.toString());
  }
}

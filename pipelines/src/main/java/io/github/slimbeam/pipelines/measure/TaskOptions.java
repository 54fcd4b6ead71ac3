// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import org.apache.beam.sdk.options.Description;
import org.jspecify.annotations.Nullable;

/** How sets of multiple-choice questions are read, whoever asks for them. */
public interface TaskOptions extends DeviceOptions {

  @Description("Task files of your own for --tasks, with commas between them: other sets")
  @PathOption(PathOption.Kind.PATHS)
  @Nullable String getTaskFile();

  void setTaskFile(String value);

  @Description("Only the first so many questions of each set")
  @Nullable Integer getLimit();

  void setLimit(Integer value);
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.command.PathOption;
import io.github.slimbeam.pipelines.command.TextOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** What {@code prune} can be asked. */
public interface PruneOptions extends RecipeOptions, MeasureOptions, TextOptions {

  @Description(
      "Calibration files, a comma-separated list of patterns: plain text, JSON lines with a text or with input_ids,"
          + " compressed or not, or Parquet with such a column")
  @Validation.Required
  @PathOption(PathOption.Kind.PATTERNS)
  String getCalibration();

  void setCalibration(String value);

  @Description("Directory of the pruned model; must not exist, see --overwrite")
  @Validation.Required
  @PathOption(written = true)
  String getOutput();

  void setOutput(String value);

  @Description("Replace a pruned model at --output")
  @Default.Boolean(false)
  boolean getOverwrite();

  void setOverwrite(boolean value);

  @Description(
      "Where the run keeps what passes between its stages, in a directory of its own, seen by all workers; beside"
          + " --output, as OUTPUT.work, if not given. What a stopped run leaves there the same command takes up")
  @PathOption(written = true)
  @Nullable String getWorkDirectory();

  void setWorkDirectory(String value);

  @Description("Drop what a stopped run left in the work directory, and begin anew")
  @Default.Boolean(false)
  boolean getRestart();

  void setRestart(boolean value);
}

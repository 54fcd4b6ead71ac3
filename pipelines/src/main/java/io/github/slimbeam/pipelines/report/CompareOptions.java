// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.command.LogOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.jspecify.annotations.Nullable;

/** What {@code compare} can be asked, beside the runs. */
public interface CompareOptions extends LogOptions {

  // No default of Beam's: interfaces in one registry must agree on it, and prune's has none.
  @Description("File of the page, compare.html if not given; must not exist, see --overwrite")
  @PathOption(written = true)
  @Nullable String getOutput();

  void setOutput(String value);

  @Description("Replace the file at --output")
  @Default.Boolean(false)
  boolean getOverwrite();

  void setOverwrite(boolean value);
}

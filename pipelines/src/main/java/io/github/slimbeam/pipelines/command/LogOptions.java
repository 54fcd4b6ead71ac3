// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;

/** What every command can be asked. */
public interface LogOptions extends PipelineOptions {

  // Beam's, told here that it is a path.
  @Description(
      "Directory for what passes between client, workers and runner; on a cluster, one that all of them see")
  @PathOption(written = true)
  @Override
  String getTempLocation();

  @Override
  void setTempLocation(String value);

  @Description("Show the log of the runner")
  @Default.Boolean(false)
  boolean getVerbose();

  void setVerbose(boolean value);
}

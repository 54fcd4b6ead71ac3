package io.github.slimbeam.pipelines.command;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;

/** What every command can be asked. */
public interface LogOptions extends PipelineOptions {

  @Description("Show the log of the runner")
  @Default.Boolean(false)
  boolean getVerbose();

  void setVerbose(boolean value);
}

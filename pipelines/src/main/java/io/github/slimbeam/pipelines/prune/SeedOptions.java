// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;

/** What is left to chance, the same at every run. */
public interface SeedOptions extends PipelineOptions {

  @Description("Which sample of the text is drawn")
  @Default.Long(0)
  long getSeed();

  void setSeed(long value);
}

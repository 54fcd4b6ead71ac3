// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.pipelines.prune.RecipeOptions;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;

/** What {@code inspect} can be asked: what {@code prune} can, as far as it decides the result. */
public interface InspectOptions extends RecipeOptions {

  @Description("Print one JSON object instead of text")
  @Default.Boolean(false)
  boolean getJson();

  void setJson(boolean value);

  // Flink's option of the same name.
  @Description("Where the run will be: [local] is embedded in the command, host:port a cluster")
  @Default.String("[auto]")
  String getFlinkMaster();

  void setFlinkMaster(String value);
}

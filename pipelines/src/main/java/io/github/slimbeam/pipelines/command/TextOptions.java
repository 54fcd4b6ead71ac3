// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;

/** What commands that read texts can be asked. */
public interface TextOptions extends PipelineOptions {

  @Description("The field of JSON lines, or the column of Parquet, that holds text")
  @Default.String("text")
  String getTextField();

  void setTextField(String value);
}

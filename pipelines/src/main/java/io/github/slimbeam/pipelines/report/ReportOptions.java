// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import io.github.slimbeam.pipelines.command.LogOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;

/** What {@code report} can be asked. */
public interface ReportOptions extends LogOptions {

  @Description(
      "Directory of a pruned model: report.html is written there anew, from its report.json, or from its pruning.json"
          + " where the model was pruned without a report")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** What {@code benchmark} can be asked. */
public interface BenchmarkOptions extends DeviceOptions {

  @Description("Directory of the dense model")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);

  @Description("Calibration files, as in prune")
  @Validation.Required
  @PathOption(PathOption.Kind.PATTERNS)
  String getCalibration();

  void setCalibration(String value);

  @Description("Held-out text, as in perplexity")
  @Validation.Required
  @PathOption(PathOption.Kind.PATTERNS)
  String getEvaluation();

  void setEvaluation(String value);

  @Description("Which table; those by the name of a method are its ablations")
  @Default.Enum("METHODS")
  BenchmarkTable getTable();

  void setTable(BenchmarkTable value);

  @Description("Ratios, a comma-separated list")
  @Default.String("0.2,0.3,0.5")
  String getRatios();

  void setRatios(String value);

  @Description("Calibration windows, as in prune")
  @Nullable Integer getSequences();

  void setSequences(Integer value);

  @Description("Tokens of a window, in calibration and evaluation")
  @Default.Integer(2048)
  int getSequenceLength();

  void setSequenceLength(int value);

  @Description(
      "Which samples of the text are drawn, a comma-separated list; figures are given for each")
  @Default.String("0")
  String getSeeds();

  void setSeeds(String value);
}

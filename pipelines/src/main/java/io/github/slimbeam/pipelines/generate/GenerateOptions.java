// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.generate;

import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/** What {@code generate} can be asked. */
public interface GenerateOptions extends DeviceOptions {

  @Description("Directory of the model, dense or pruned, with its tokenizer.json")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);

  @Description("The text to go on with; without a text the model begins one")
  @Nullable String getPrompt();

  void setPrompt(String value);

  @Description(
      "File of such texts, one a line, instead of --prompt; empty lines do not count. Each is written on by itself")
  @PathOption
  @Nullable String getPrompts();

  void setPrompts(String value);

  @Description("New tokens at most, for each prompt; fewer where the model ends its text")
  @Default.Integer(100)
  int getMaxTokens();

  void setMaxTokens(int value);

  @Description(
      "0 takes the most probable token, always; above it is drawn, 1 by the model's own probabilities, more is wilder")
  @Default.Double(0)
  double getTemperature();

  void setTemperature(double value);

  @Description("Draw from so many most probable tokens only; 0 is all")
  @Default.Integer(0)
  int getTopK();

  void setTopK(int value);

  @Description("Draw from the fewest most probable tokens only that have this probability together")
  @Default.Double(1)
  double getTopP();

  void setTopP(double value);

  @Description("What is drawn: the same seed, the same text")
  @Default.Long(0)
  long getSeed();

  void setSeed(long value);
}

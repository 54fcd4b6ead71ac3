// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import io.github.slimbeam.pipelines.command.TextOptions;
import io.github.slimbeam.transforms.calibration.TextJoin;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;

/** What {@code perplexity} can be asked. */
public interface PerplexityOptions extends DeviceOptions, TextOptions {

  @Description("Directory of the model, dense or pruned")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);

  @Description(
      "Held-out texts, a comma-separated list of patterns, each measured on its own: files as in prune's --calibration")
  @Validation.Required
  @PathOption(PathOption.Kind.PATTERNS)
  String getText();

  void setText(String value);

  @Description(
      "Tokens of a window; no more than the model's context. 128 is what SlimGPT and SlimLLM publish")
  @Default.Integer(2048)
  int getSequenceLength();

  void setSequenceLength(int value);

  @Description(
      "What stands between the texts of JSON lines or Parquet; blankLine is GPTQ's protocol")
  @Default.Enum("BLANK_LINE")
  TextJoin getJoin();

  void setJoin(TextJoin value);

  @Description(
      "Put the tokenizer's special tokens, such as <s>, around each text, as GPTQ's code does; never around windows")
  @Default.Boolean(false)
  boolean getAddSpecialTokens();

  void setAddSpecialTokens(boolean value);
}

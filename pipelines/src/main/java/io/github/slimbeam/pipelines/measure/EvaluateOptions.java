// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import io.github.slimbeam.pipelines.command.PathOption;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;

/** What {@code evaluate} can be asked. */
public interface EvaluateOptions extends TaskOptions {

  @Description("Directory of the model, dense or pruned, with its tokenizer.json")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);

  @Description(
      "Sets as NAME=FILES,NAME=FILES: boolq, piqa, hellaswag, winogrande, arc_easy, arc_challenge, openbookqa in"
          + " the JSON lines or Parquet in which they are published, or the names in your task files; FILES as in prune's"
          + " --calibration")
  @Validation.Required
  @PathOption(PathOption.Kind.NAMED_PATTERNS)
  String getTasks();

  void setTasks(String value);

  @Description(
      "Whether contexts begin with what the tokenizer adds to a text, such as <s>: true as"
          + " lm-evaluation-harness from 0.4.9.2 on, false as before it (default true)")
  @Default.Boolean(true)
  boolean getSpecialTokens();

  void setSpecialTokens(boolean value);
}

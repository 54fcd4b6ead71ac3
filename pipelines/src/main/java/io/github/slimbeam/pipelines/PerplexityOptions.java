package io.github.slimbeam.pipelines;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;

/** What {@code perplexity} can be asked. */
public interface PerplexityOptions extends DeviceOptions {

  @Description("Directory of the model, dense or pruned")
  @Validation.Required
  String getModel();

  void setModel(String value);

  @Description("Held-out text: files as in prune's --calibration")
  @Validation.Required
  String getText();

  void setText(String value);

  @Description("Tokens of a window; no more than the model's context")
  @Default.Integer(2048)
  int getSequenceLength();

  void setSequenceLength(int value);
}

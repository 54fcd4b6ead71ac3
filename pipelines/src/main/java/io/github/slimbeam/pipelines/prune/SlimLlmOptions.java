// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static java.util.Objects.requireNonNullElse;

import io.github.slimbeam.transforms.pruning.SlimLlm;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.jspecify.annotations.Nullable;

/** What SlimLLM can be asked; without a value it is the method's default. */
public interface SlimLlmOptions extends PipelineOptions {

  @Description(
      "slimllm: exchange of units after the first choice, sweep (the authors') if not given")
  SlimLlm.@Nullable Search getSearch();

  void setSearch(SlimLlm.Search value);

  @Description(
      "slimllm: whether the lowest 1 % of the channels stay, as in the authors' code; true if not given")
  @Nullable Boolean getKeepLowest();

  void setKeepLowest(Boolean value);

  /** The method that is asked for. */
  static SlimLlm method(SlimLlmOptions options) {
    SlimLlm defaults = SlimLlm.defaults();
    return new SlimLlm(
        requireNonNullElse(options.getSearch(), defaults.search()),
        requireNonNullElse(options.getKeepLowest(), defaults.keepLowest()));
  }
}

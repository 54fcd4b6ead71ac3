// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static io.github.slimbeam.transforms.storage.BadInputException.check;
import static java.util.Objects.requireNonNullElse;

import io.github.slimbeam.transforms.pruning.GroupSizes;
import io.github.slimbeam.transforms.pruning.HeadScore;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.jspecify.annotations.Nullable;

/** What SlimGPT can be asked; without a value it is the method's default. */
public interface SlimGptOptions extends PipelineOptions {

  @Description(
      "slimgpt, slimbeam: how attention units are scored, grouped is the paper's; exact if not given")
  @Nullable HeadScore getHeadScore();

  void setHeadScore(HeadScore value);

  @Description(
      "slimgpt, slimbeam: how many channels go at once; geometric (the paper's) for slimgpt, and fixed for slimbeam, if"
          + " not given")
  @Nullable GroupSizes getGroupSizes();

  void setGroupSizes(GroupSizes value);

  @Description(
      "slimgpt, slimbeam: damping of the Hessian, as a share of its mean diagonal; 0.01 if not given")
  @Nullable Double getDamping();

  void setDamping(Double value);

  /** The method that is asked for, otherwise as these defaults. */
  static SlimGpt method(SlimGptOptions options, SlimGpt defaults) {
    double damping = requireNonNullElse(options.getDamping(), defaults.damping());
    check(damping >= 0 && damping < 1, "--damping=%s: expected 0 ≤ damping < 1", damping);
    return new SlimGpt(
        requireNonNullElse(options.getHeadScore(), defaults.headScore()),
        requireNonNullElse(options.getGroupSizes(), defaults.groupSizes()),
        damping);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.PathOption;
import io.github.slimbeam.transforms.forward.Compute;
import io.github.slimbeam.transforms.planning.Layout;
import io.github.slimbeam.transforms.planning.Rounding;
import io.github.slimbeam.transforms.planning.Schedule;
import io.github.slimbeam.transforms.pruning.Recovery;
import io.github.slimbeam.transforms.pruning.Refit;
import io.github.slimbeam.transforms.pruning.Target;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;
import org.jspecify.annotations.Nullable;

/**
 * What decides a pruned model and the cost of the run, whether it is run ({@code prune}) or only
 * described ({@code inspect}).
 */
public interface RecipeOptions extends DeviceOptions, SeedOptions {

  @Description("Directory of the dense model: config.json, *.safetensors, tokenizer.json")
  @Validation.Required
  @PathOption
  String getModel();

  void setModel(String value);

  @Description(
      "How units are chosen; alone it means its paper's whole recipe, as slim methods tells; slimbeam if not given")
  @Nullable MethodRow getMethod();

  void setMethod(MethodRow value);

  @Description(
      "Units that stay, chosen by another run or another tool, instead of --method and a ratio: a pruning.json, the"
          + " directory of a pruned model, or a JSON file of layers")
  @PathOption
  @Nullable String getKept();

  void setKept(String value);

  @Description(
      "Removal curves that a run with --schedule=global left with its model, removal-curves.avro or the directory: any"
          + " ratio of the same model and calibration is planned from them, without another dense pass")
  @PathOption
  @Nullable String getCurves();

  void setCurves(String value);

  @Description(
      "Mean share of the decoder layers' linear weights to remove, from 0 to below 1; 0.2 if neither this nor"
          + " --targetParameters, --targetBytes nor --lastRatio is given")
  @Nullable Double getPruningRatio();

  void setPruningRatio(Double value);

  @Description("Parameters the pruned model shall have, instead of --pruningRatio")
  @Nullable Long getTargetParameters();

  void setTargetParameters(Long value);

  @Description(
      "Bytes that the tensors of the written model shall take, instead of --pruningRatio: what its weight files hold"
          + " but for their headers")
  @Nullable Long getTargetBytes();

  void setTargetBytes(Long value);

  @Description("What makes up for the removed units, instead of the method's own")
  @Nullable Recovery getRecovery();

  void setRecovery(Recovery value);

  @Description(
      "What pruned sub-layers' outputs shall be like: their own before (self), or such that the states are the dense"
          + " model's (dense); the method's if not given")
  @Nullable Target getTarget();

  void setTarget(Target value);

  @Description(
      "What is solved for once more when it is known which units stay: none, the closing linears (closing), or"
          + " the FFNs' opening ones as well (full); the method's if not given")
  @Nullable Refit getRefit();

  void setRefit(Refit value);

  @Description("Rounds of --refit=full at most; 2 if not given")
  @Nullable Integer getRefitRounds();

  void setRefitRounds(Integer value);

  @Description(
      "Tokens that --refit=full fits to at most, in whole windows; 128 for each hidden channel if not given")
  @Nullable Long getRefitTokens();

  void setRefitTokens(Long value);

  @Description("How the ratio runs over the layers, instead of the method's own")
  @Nullable Schedule getSchedule();

  void setSchedule(Schedule value);

  @Description(
      "Whether layers may differ (perLayer), keep the same heads and own FFN widths (ffn), or the same heads and"
          + " channels (uniform), which makes a model of a stock architecture; uniform goes with --schedule=global and"
          + " uniform alone")
  @Default.Enum("PER_LAYER")
  Layout getLayout();

  void setLayout(Layout value);

  @Description(
      "Leave FFN widths that are multiples of this, such as 32, 64, 128 or 256, or the dense model's; 1 if not given")
  @Default.Integer(1)
  int getRoundChannels();

  void setRoundChannels(int value);

  @Description(
      "Leave numbers of KV groups that this divides, so that so many devices can share a layer's heads; 1 if not given")
  @Default.Integer(1)
  int getRoundHeads();

  void setRoundHeads(int value);

  @Description(
      "Write zeros up to the widest layer: the same function in a stock class, larger than it need be")
  @Default.Boolean(false)
  boolean getPadToUniform();

  void setPadToUniform(boolean value);

  @Description(
      "How attention units are rounded: the rounding error goes to the next layer, the default, or each layer is by"
          + " itself, as in the papers")
  @Nullable Rounding getRounding();

  void setRounding(Rounding value);

  @Description("Ratio where the schedule begins; a quarter of the mean if not given")
  @Nullable Double getFirstRatio();

  void setFirstRatio(Double value);

  @Description("Ratio where the schedule ends, instead of --pruningRatio; needs --firstRatio")
  @Nullable Double getLastRatio();

  void setLastRatio(Double value);

  @Description(
      "Calibration windows; 128 sampled from text, or all that are already tokenised, if not given")
  @Nullable Integer getSequences();

  void setSequences(Integer value);

  @Description("Tokens of a calibration window; no more than the model's context")
  @Default.Integer(2048)
  int getSequenceLength();

  void setSequenceLength(int value);

  @Description(
      "What the linears of calibration's forward passes are computed in: float32, or bfloat16, which rounds inputs,"
          + " weights and outputs to eight bits and is faster where the processor multiplies it; float32 if not given")
  @Nullable Compute getCompute();

  void setCompute(Compute value);

  @Description(
      "Decoder layers in one job of the runner; 0 is all of them. For models so deep that one graph is too large")
  @Default.Integer(0)
  int getLayersPerJob();

  void setLayersPerJob(int value);

  @Description(
      "Parts in which the sequences travel, so how many workers have work at most. If not given: 2 to 64, as many as"
          + " are worth it by the sample and the model's widths")
  @Nullable Integer getShards();

  void setShards(Integer value);

  @Description(
      "Memory that the process of all workers may take, in GiB; shards and batches are made as small as that needs, and"
          + " what cannot fit is refused before it begins. No limit if not given")
  @Nullable Double getMemory();

  void setMemory(Double value);

  // Flink's option of the same name, whose module need not be on the class path here.
  @Description(
      "Workers of the run; as many as there are cores, or slots of the cluster, if not given")
  @Default.Integer(-1)
  Integer getParallelism();

  void setParallelism(Integer value);

  @Description("Largest weight file, in bytes")
  @Default.Long(5_000_000_000L)
  long getMaxFileBytes();

  void setMaxFileBytes(long value);
}

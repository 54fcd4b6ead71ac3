// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.pipelines.prune.AskedPlan;
import io.github.slimbeam.pipelines.prune.RecipeOptions;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.planning.KeptHeads;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.PlanSize;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.Widths;
import io.github.slimbeam.transforms.pruning.Combination;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What each layer keeps.
 *
 * @param known whether the plan is the real one, or one of the same mean in place of one that
 *     follows from the data
 * @param keptHeads why heads stay; null if they can go
 * @param shortfall that the plan does not meet the ratio; null if it does
 * @param met the size that was asked for and the one that the plan makes; null where every width is
 *     allowed, and where the plan stands in for another
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PlannedPruning(
    boolean known,
    List<Layer> layers,
    @Nullable String keptHeads,
    @Nullable String shortfall,
    @Nullable String met) {

  /**
   * How a model would be pruned.
   *
   * @param curves the file of removal curves that the plan is of; null where none is given
   * @param kept the file of units that stay; null where the method chooses
   * @param pruningRatio of the three sizes those that were not asked for are null
   * @param roundChannels null where every width of an FFN goes
   * @param roundHeads null where every number of KV groups goes
   * @param padToUniform null where no zeros are written
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Recipe(
      String method,
      String recovery,
      String schedule,
      String layout,
      @Nullable String curves,
      @Nullable String kept,
      @Nullable Double pruningRatio,
      @Nullable Long targetParameters,
      @Nullable Long targetBytes,
      @Nullable Integer roundChannels,
      @Nullable Integer roundHeads,
      @Nullable Boolean padToUniform) {
    static Recipe of(Combination method, AskedPlan asked, RecipeOptions options) {
      PlanRequest request = asked.request();
      PlanSize size = request == null ? null : request.size();
      Widths widths = asked.widths();
      return new Recipe(
          method.name(),
          method.recovery().optionName(),
          request == null ? method.profile().schedule() : request.schedule(),
          widths.layout().optionName(),
          options.getCurves(),
          options.getKept(),
          size instanceof PlanSize.Ratio ratio ? (Double) ratio.ratio() : null,
          size instanceof PlanSize.Parameters parameters ? (Long) parameters.target() : null,
          size instanceof PlanSize.Bytes bytes ? (Long) bytes.target() : null,
          widths.roundChannels() > 1 ? (Integer) widths.roundChannels() : null,
          widths.roundHeads() > 1 ? (Integer) widths.roundHeads() : null,
          options.getPadToUniform() ? (Boolean) true : null);
    }

    /** As options of a command. */
    String words() {
      Map<String, Object> options = new LinkedHashMap<>();
      if (kept == null) {
        options.put("method", method);
        options.put("recovery", recovery);
        options.put("schedule", schedule);
        options.put("layout", layout);
      } else {
        options.put("kept", kept);
        options.put("recovery", recovery);
      }
      options.put("pruningRatio", pruningRatio);
      options.put("targetParameters", targetParameters);
      options.put("targetBytes", targetBytes);
      options.put("roundChannels", roundChannels);
      options.put("roundHeads", roundHeads);
      options.put("padToUniform", padToUniform);
      options.put("curves", curves);
      options.values().removeIf(Objects::isNull);
      return options.entrySet().stream()
          .map(option -> "--" + option.getKey() + "=" + option.getValue())
          .collect(Collectors.joining(" "));
    }
  }

  /** A layer's ratio and widths, after and before. */
  record Layer(
      int layer,
      double ratio,
      int heads,
      int headsBefore,
      int groups,
      int groupsBefore,
      int channels,
      int channelsBefore) {}

  /** A plan for a model, the one that was asked for or one in its place. */
  static PlannedPruning of(AskedPlan asked, PruningPlan plan, Model model) {
    ModelConfig dense = model.config();
    List<LayerShape> after = Plans.shapes(dense, plan);
    return new PlannedPruning(
        asked.known().isPresent(),
        plan.getTargets().stream()
            .filter(target -> target.getSublayer().getKind() == SublayerKind.ATTENTION)
            .map(target -> layer(target, dense.layers(), after))
            .toList(),
        KeptHeads.of(dense).map(OptionNames::in).orElse(null),
        asked.shortfall(plan, model).map(OptionNames::in).orElse(null),
        asked.known().isPresent()
            ? asked.met(after, model).map(OptionNames::in).orElse(null)
            : null);
  }

  private static Layer layer(
      SublayerTarget target, List<LayerShape> dense, List<LayerShape> pruned) {
    int layer = target.getSublayer().getLayer();
    LayerShape before = dense.get(layer);
    LayerShape after = pruned.get(layer);
    return new Layer(
        layer,
        target.getRatio(),
        after.heads(),
        before.heads(),
        after.groups(),
        before.groups(),
        after.channels(),
        before.channels());
  }
}

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
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.planning.KeptHeads;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.pruning.Combination;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What each layer keeps.
 *
 * @param known whether the plan is the real one, or one of the same mean in place of one that
 *     follows from the data
 * @param keptHeads why heads stay; null if they can go
 * @param shortfall that the plan does not meet the ratio; null if it does
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
record PlannedPruning(
    boolean known, List<Layer> layers, @Nullable String keptHeads, @Nullable String shortfall) {

  /**
   * How a model would be pruned.
   *
   * @param curves the file of removal curves that the plan is of; null where none is given
   * @param kept the file of units that stay; null where the method chooses
   * @param pruningRatio null where {@code targetParameters} or {@code kept} decides
   * @param targetParameters null where {@code pruningRatio} or {@code kept} decides
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
      @Nullable Long targetParameters) {
    static Recipe of(Combination method, AskedPlan asked, RecipeOptions options) {
      PlanRequest request = asked.request();
      return request == null
          ? new Recipe(
              method.name(),
              method.recovery().optionName(),
              method.profile().schedule(),
              options.getLayout().optionName(),
              null,
              options.getKept(),
              null,
              null)
          : new Recipe(
              method.name(),
              method.recovery().optionName(),
              request.schedule(),
              options.getLayout().optionName(),
              options.getCurves(),
              null,
              request.targetParameters() == null ? (Double) request.ratio() : null,
              request.targetParameters());
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
  static PlannedPruning of(AskedPlan asked, PruningPlan plan, ModelConfig dense) {
    List<LayerShape> after = Plans.shapes(dense, plan);
    return new PlannedPruning(
        asked.known().isPresent(),
        plan.getTargets().stream()
            .filter(target -> target.getSublayer().getKind() == SublayerKind.ATTENTION)
            .map(target -> layer(target, dense.layers(), after))
            .toList(),
        KeptHeads.of(dense).map(OptionNames::in).orElse(null),
        asked.shortfall(plan, dense).map(OptionNames::in).orElse(null));
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

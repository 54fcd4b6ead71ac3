// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.transforms.serving.Engine;
import io.github.slimbeam.transforms.serving.Quantisation;
import io.github.slimbeam.transforms.serving.ServedModel;
import java.util.List;

/**
 * What {@code inspect} says, as it prints it for programs: names and order are those of the JSON.
 *
 * @param model the dense model
 * @param recipe how it would be pruned
 * @param plan what each layer keeps
 * @param curves what removal curves make of other ratios; empty where none were given
 * @param after the pruned model
 * @param cost what a run would take
 * @param engines what takes the result
 * @param quantisations in which the result's rows are whole blocks, or not
 * @param splits over how many devices the result can be split evenly
 */
record Inspection(
    DenseModel model,
    PlannedPruning.Recipe recipe,
    PlannedPruning plan,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<CurvePlan> curves,
    PrunedModel after,
    RunEstimate cost,
    List<EngineFit> engines,
    List<BlockFit> quantisations,
    List<Integer> splits) {

  /** What a program makes of the result. */
  record EngineFit(String engine, Engine.Verdict verdict, String how) {
    static List<EngineFit> all(ServedModel model) {
      return Engine.ALL.stream()
          .map(
              engine ->
                  new EngineFit(
                      engine.name(),
                      engine.of(model).verdict(),
                      OptionNames.in(engine.of(model).how())))
          .toList();
    }
  }

  /**
   * In how many of the layers all rows are whole blocks; {@code misfit} is the first that is not.
   */
  record BlockFit(String quantisation, int block, int layers, int of, String misfit) {
    static List<BlockFit> all(ServedModel model) {
      return Quantisation.ALL.stream().map(quantisation -> of(quantisation, model)).toList();
    }

    private static BlockFit of(Quantisation quantisation, ServedModel model) {
      Quantisation.Fit fit = quantisation.of(model);
      return new BlockFit(
          quantisation.name(),
          quantisation.block(),
          fit.layers(),
          model.layers().size(),
          fit.misfit());
    }
  }
}

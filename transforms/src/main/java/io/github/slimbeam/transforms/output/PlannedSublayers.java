// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What a plan will leave, before anything is computed: each sub-layer keeps as many units as the
 * plan says, here its first ones, and its new weights have name, type and shape but no file. So a
 * {@link PrunedCheckpoint} of them has the files, sizes, configuration and parameters of the real
 * one, and nothing that could be read.
 */
public final class PlannedSublayers {
  private PlannedSublayers() {}

  /**
   * Every sub-layer of a plan.
   *
   * @param biases whether the recovery gives the closing linears biases
   */
  public static List<PrunedSublayer> of(Model model, PruningPlan plan, boolean biases) {
    List<PrunedSublayer> sublayers = new ArrayList<>();
    for (SublayerTarget target : plan.getTargets()) {
      sublayers.add(of(model, target, biases));
    }
    return sublayers;
  }

  private static PrunedSublayer of(Model model, SublayerTarget target, boolean biases) {
    SublayerKey key = target.getSublayer();
    ModelConfig config = model.config();
    LayerShape shape = config.layers().get(key.getLayer());
    int kept = target.getUnits() - target.getRemoved();
    DType dtype = model.closingType(key.getLayer(), key.getKind());
    long rows = config.hidden();
    long width = (long) kept * config.unitSize(key.getKind(), shape);
    return new PrunedSublayer(
        new SublayerReport(
            key,
            target.getUnits(),
            IntStream.range(0, kept).boxed().toList(),
            0.0,
            0.0,
            0,
            0L,
            0,
            0.0,
            List.of(),
            List.of(),
            List.of(),
            List.of()),
        new TensorReference("", "weight", dtype, List.of(rows, width), ""),
        biases ? new TensorReference("", "bias", dtype, List.of(rows), "") : null,
        List.of());
  }
}

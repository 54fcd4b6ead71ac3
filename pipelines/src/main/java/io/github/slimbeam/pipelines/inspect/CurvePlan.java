// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.planning.GlobalAllocation;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * What removal curves make of a ratio.
 *
 * @param error what the plan costs by the curves, the sum that the allocation keeps low: it says
 *     which ratio is dear, not what perplexity will be
 */
record CurvePlan(
    double pruningRatio, double removedShare, long parameters, double error, List<Kept> layers) {
  private static final int TENTHS = 10;

  /** What a layer keeps. */
  record Kept(int groups, int channels) {}

  /** Every tenth that the floors allow. */
  static List<CurvePlan> all(ModelConfig dense, MeasuredCurves curves) {
    List<CurvePlan> plans = new ArrayList<>();
    for (int tenth = 1; tenth < TENTHS; tenth++) {
      PlanRequest request = PlanRequest.of(PlanRequest.GLOBAL, (double) tenth / TENTHS);
      if (fits(request, dense)) {
        plans.add(of(request, dense, curves));
      }
    }
    return plans;
  }

  private static boolean fits(PlanRequest request, ModelConfig dense) {
    try {
      request.checkWithoutCurves(dense);
      return true;
    } catch (BadInputException e) {
      return false;
    }
  }

  private static CurvePlan of(PlanRequest request, ModelConfig dense, MeasuredCurves curves) {
    PruningPlan plan = request.planOf(dense, curves.getCurves());
    List<LayerShape> shapes = Plans.shapes(dense, plan);
    return new CurvePlan(
        request.ratio(),
        Plans.removedShare(dense, plan),
        dense.parameters(shapes),
        GlobalAllocation.cost(dense, curves.getCurves(), plan),
        shapes.stream().map(shape -> new Kept(shape.groups(), shape.channels())).toList());
  }
}

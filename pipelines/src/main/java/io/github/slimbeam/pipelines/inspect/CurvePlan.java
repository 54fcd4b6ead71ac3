// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.inspect;

import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.planning.GlobalAllocation;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.planning.PlanSize;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.planning.Widths;
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
  static List<CurvePlan> all(Model dense, MeasuredCurves curves, Widths widths) {
    List<CurvePlan> plans = new ArrayList<>();
    for (int tenth = 1; tenth < TENTHS; tenth++) {
      double ratio = (double) tenth / TENTHS;
      PlanRequest request = PlanRequest.of(PlanRequest.GLOBAL, new PlanSize.Ratio(ratio), widths);
      if (fits(request, dense)) {
        plans.add(of(ratio, request, dense, curves));
      }
    }
    return plans;
  }

  private static boolean fits(PlanRequest request, Model dense) {
    try {
      request.checkFor(dense);
      return true;
    } catch (BadInputException e) {
      return false;
    }
  }

  private static CurvePlan of(
      double ratio, PlanRequest request, Model dense, MeasuredCurves curves) {
    PruningPlan plan = request.planOf(dense, curves.getCurves());
    List<LayerShape> shapes = Plans.shapes(dense.config(), plan);
    return new CurvePlan(
        ratio,
        Plans.removedShare(dense.config(), plan),
        dense.config().parameters(shapes),
        GlobalAllocation.cost(dense, curves.getCurves(), plan),
        shapes.stream().map(shape -> new Kept(shape.groups(), shape.channels())).toList());
  }
}

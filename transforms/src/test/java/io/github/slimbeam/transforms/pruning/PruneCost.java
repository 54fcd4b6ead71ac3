// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.statistics.Gram;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import java.util.Locale;

/**
 * Measures each method's prune step at the shapes of a 7B model (hidden 4096, 32 heads of 128,
 * 11,008 channels) on random moments, the reported error included: {@code PruneCost [removed
 * share]}. Beside the seconds stand the flops that the classes' documentation counts.
 */
public final class PruneCost {
  private static final int HIDDEN = 4096;
  private static final int CHANNELS = 11_008;
  private static final List<PruningMethod> METHODS =
      List.of(
          SlimGpt.defaults(),
          SlimLlm.defaults(),
          new Flap(),
          new Wanda(),
          new Magnitude(),
          new RandomUnits(0));

  private PruneCost() {}

  public static void main(String[] args) {
    double share = args.length == 0 ? 0.5 : Double.parseDouble(args[0]);
    System.out.println("| method | heads: TFLOP | seconds | channels: TFLOP | seconds |");
    System.out.println("|---|---:|---:|---:|---:|");
    for (PruningMethod method : METHODS) {
      System.out.printf(
          Locale.ROOT,
          "| %s | %s | %s |%n",
          method.name(),
          cells(method, SublayerKind.ATTENTION, HIDDEN, 32, share),
          cells(method, SublayerKind.FFN, CHANNELS, CHANNELS, share));
    }
    for (Recovery recovery : List.of(Recovery.COMPENSATION, Recovery.LEAST_SQUARES)) {
      PruningMethod method = new Combination(new Magnitude(), recovery);
      System.out.printf(
          Locale.ROOT,
          "| magnitude, %s | %s | %s |%n",
          recovery.optionName(),
          cells(method, SublayerKind.ATTENTION, HIDDEN, 32, share),
          cells(method, SublayerKind.FFN, CHANNELS, CHANNELS, share));
    }
  }

  private static String cells(
      PruningMethod method, SublayerKind kind, int width, int units, double share) {
    try (TorchScope scope = TorchScope.open()) {
      PruningProblem problem = problem(scope, kind, width, units, (int) (units * share));
      long begun = System.nanoTime();
      PruningOutcome outcome = Combination.of(method).prune(scope, problem);
      problem
          .moments()
          .relativeError(
              problem.weight(),
              outcome.weight(),
              null,
              SublayerWeights.positions(outcome.kept(), problem.unitSize()));
      double seconds = (System.nanoTime() - begun) / 1e9;
      double flops = PruneStep.cost(method, ProblemSize.of(problem)).flops();
      return String.format(Locale.ROOT, "%.2f | %.1f", flops / 1e12, seconds);
    }
  }

  private static PruningProblem problem(
      TorchScope scope, SublayerKind kind, int width, int units, int removed) {
    NDArray gram = scope.zeros(DataType.FLOAT64, width, width);
    try (TorchScope inner = scope.nested()) {
      NDArray a = random(inner, width, 256);
      gram.addi(a.matMul(a.transpose()));
      NDArray eye = a.getManager().eye(width).toType(DataType.FLOAT64, false);
      gram.addi(eye.mul(100));
    }
    Moments moments =
        new Moments(65_536, random(scope, width), Gram.of(gram), random(scope, HIDDEN).abs());
    List<NDArray> openings =
        kind == SublayerKind.FFN
            ? List.of(random(scope, CHANNELS, HIDDEN), random(scope, CHANNELS, HIDDEN))
            : List.of();
    return new PruningProblem(
        "cost",
        new SublayerKey(0, kind),
        random(scope, HIDDEN, width),
        openings,
        moments,
        units,
        width / units,
        removed);
  }

  private static NDArray random(TorchScope scope, long... shape) {
    NDArray like = scope.zeros(DataType.FLOAT64, 1);
    return scope.adopt(like.getManager().randomNormal(0, 1, new Shape(shape), DataType.FLOAT64));
  }
}

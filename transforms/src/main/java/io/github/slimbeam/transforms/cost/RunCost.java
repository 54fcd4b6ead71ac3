// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.planning.GlobalAllocation;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.ProblemSize;
import io.github.slimbeam.transforms.pruning.PruneStep;
import io.github.slimbeam.transforms.pruning.Refitting;
import io.github.slimbeam.transforms.pruning.StepCost;
import io.github.slimbeam.transforms.statistics.TileGrid;
import java.util.ArrayList;
import java.util.List;

/**
 * A run as a sum of floating-point operations and bytes, term by term. Letters: N tokens in windows
 * of T, h hidden size, n width of a closing linear's input, a·d queries, V vocabulary, p workers;
 * {@code P} the weights of a sub-layer, {@code O} those of its opening linears.
 *
 * <ul>
 *   <li><em>embed</em>: each worker reads the table, V·h weights; N·h values are written.
 *   <li><em>describe</em>, only where the schedule follows from the data: every shard reads every
 *       weight and goes through the dense model, 2·N·(P + O) flops a sub-layer, as the closing
 *       linear's input is made once for the statistics and once on the way.
 *   <li><em>measure</em> and <em>allocate</em>, only where sub-layers compete: the moments below of
 *       the dense model, which closes each sub-layer as well; and on one worker the elimination of
 *       all units that may go.
 *   <li><em>moments</em>: 2·N·O flops in F32 and N·T·a·d·2 for causal attention; then n² flops a
 *       token for the upper triangle, in whole tiles. A batch's product is written in F32 and added
 *       to the sums, and those of each shard are uncentred and go through a file, {@value
 *       #FILE_PASSES} passes with their checksums. Towards the dense model the cross moments take
 *       2·h·n flops a token, and unless the dense pass has left its states, the dense stream is
 *       opened and closed as well.
 *   <li><em>prune</em>: {@link PruneStep#cost}, on one worker, and {@link Refitting#flops} where
 *       opening linears are fitted.
 *   <li><em>forward</em>: 2·N·P flops over what is left of FFNs, and of attentions their closing
 *       linears alone.
 *   <li><em>hash</em> and <em>write</em>: the dense and the pruned weight files.
 * </ul>
 *
 * A weight that is read costs {@value #READ_BYTES} bytes: its F32 form, the check that it is
 * finite, and the reading itself. Around the stages, a process that starts, and a runner that
 * translates and schedules a graph which grows with the layers, take so long whatever the model's
 * widths: {@link #START_SECONDS} and {@link #LAYER_SECONDS}, as measured on one core of two.
 */
public final class RunCost {
  /** Worker-seconds until a first job runs, and after it. */
  static final double START_SECONDS = 8;

  /** Worker-seconds that each layer's part of the graph takes. */
  static final double LAYER_SECONDS = 0.6;

  static final int READ_BYTES = 10;
  static final int FILE_PASSES = 6;

  private final PruneRun run;
  private final List<LayerShape> after;

  private RunCost(PruneRun run) {
    this.run = run;
    this.after = Plans.shapes(run.dense(), run.plan());
  }

  /** Its stages, in the order in which data meets them. */
  public static List<StageCost> of(PruneRun run) {
    return new RunCost(run).stages();
  }

  /** Seconds around the stages: of a core, and as the launcher starts a JVM also of the clock. */
  public static double overhead(PruneRun run) {
    return run.jobs() * START_SECONDS + run.dense().layers().size() * LAYER_SECONDS;
  }

  private List<StageCost> stages() {
    List<StageCost> stages = new ArrayList<>();
    double states = run.tokens() * run.dense().hidden() * Float.BYTES;
    if (run.densePass()) {
      stages.add(describe());
    }
    stages.add(
        new StageCost(
            "embed",
            0,
            0,
            run.width() * run.tableParameters() * READ_BYTES + 2 * states,
            0,
            run.width()));
    StageCost measure = nothing("measure", run.width());
    StageCost allocate = nothing("allocate", 1);
    StageCost moments = nothing("moments", run.width());
    StageCost prune = nothing("prune", 1);
    StageCost forward = nothing("forward", run.width());
    for (SublayerTarget target : run.plan().getTargets()) {
      int layer = target.getSublayer().getLayer();
      SublayerKind kind = target.getSublayer().getKind();
      LayerShape shape = run.dense().layers().get(layer);
      moments = moments.plus(moments(kind, shape));
      if (run.towardsDense()) {
        moments = moments.plus(alongDense(kind, shape));
      }
      ProblemSize size = ProblemSize.of(run.dense(), target);
      StepCost step = PruneStep.cost(run.method(), size);
      prune =
          prune.plus(
              new StageCost(
                  "prune",
                  PruneStep.errorFlops(size) + refit(size),
                  step.flops(),
                  step.bytes(),
                  0,
                  1));
      if (run.curves()) {
        double closing = 2 * run.tokens() * closingParameters(kind, shape);
        measure =
            measure
                .plus(moments(kind, shape))
                .plus(new StageCost("measure", closing, 0, 0, 0, run.width()));
        StepCost all = elimination(target.getSublayer());
        allocate = allocate.plus(new StageCost("allocate", 0, all.flops(), all.bytes(), 0, 1));
      }
      if (layer + 1 < after.size() || kind == SublayerKind.ATTENTION) {
        forward = forward.plus(forward(kind, layer));
      }
    }
    if (run.curves()) {
      stages.addAll(List.of(measure, allocate));
    }
    stages.addAll(List.of(moments, prune, forward));
    stages.add(new StageCost("hash", 0, 0, 0, run.modelBytes(), 1));
    stages.add(new StageCost("write", 0, 0, 2.0 * run.outputBytes(), run.outputBytes(), 1));
    return stages;
  }

  /** What the dense stream adds to moments; a dense pass before has left its states. */
  private StageCost alongDense(SublayerKind kind, LayerShape shape) {
    double cross = 2 * run.tokens() * closingParameters(kind, shape);
    return new StageCost(
        "moments",
        cross + (run.curves() ? 0 : opening(kind, shape) + cross),
        0,
        run.tokens() * (activations(kind, shape) + 5.0 * Float.BYTES * run.dense().hidden()),
        0,
        run.width());
  }

  private double refit(ProblemSize size) {
    return size.kind() == SublayerKind.FFN
        ? Combination.of(run.method()).refitting().flops(run.refitTokens(), run.tokens(), size)
        : 0;
  }

  /** Of all units that may go. */
  private StepCost elimination(SublayerKey key) {
    SublayerTarget most = GlobalAllocation.most(run.dense(), key);
    return most.getRemoved() == 0
        ? StepCost.NOTHING
        : Combination.of(run.method()).elimination().cost(ProblemSize.of(run.dense(), most));
  }

  private StageCost describe() {
    double flops = 0;
    double bytes = run.fullShards() * run.tableParameters() * READ_BYTES;
    for (LayerShape shape : run.dense().layers()) {
      for (SublayerKind kind : SublayerKind.values()) {
        flops += 2 * opening(kind, shape) + 2 * run.tokens() * closingParameters(kind, shape);
        bytes +=
            run.fullShards() * run.parameters(kind, shape) * READ_BYTES
                + run.tokens() * (2 * activations(kind, shape) + 2 * 8.0 * width(kind, shape));
      }
    }
    return new StageCost("describe", flops, 0, bytes, 0, run.width());
  }

  private StageCost moments(SublayerKind kind, LayerShape shape) {
    double n = width(kind, shape);
    double area = area(n);
    double batches = run.tokens() / run.batchTokens();
    double bytes =
        run.parameters(kind, shape) * READ_BYTES
            + run.tokens() * (activations(kind, shape) + 4 * n + 12.0 * run.dense().hidden())
            + (kind == SublayerKind.ATTENTION ? 4 * run.tokens() * Float.BYTES * n : 0)
            + (1.5 * batches + (double) run.fullShards() * FILE_PASSES) * area * Double.BYTES;
    double flops = opening(kind, shape) + 2 * run.tokens() * area;
    return new StageCost("moments", flops, 0, bytes, 0, run.width());
  }

  private StageCost forward(SublayerKind kind, int layer) {
    LayerShape dense = run.dense().layers().get(layer);
    LayerShape left = after.get(layer);
    double flops = 2 * run.tokens() * closingParameters(kind, left);
    double states = run.tokens() * 6.0 * Float.BYTES * run.dense().hidden();
    if (kind == SublayerKind.ATTENTION) {
      double outputs = run.tokens() * Float.BYTES * (2 * width(kind, dense) + width(kind, left));
      double bytes = closingParameters(kind, left) * READ_BYTES + outputs + states;
      return new StageCost("forward", flops, 0, bytes, 0, run.width());
    }
    double bytes =
        run.parameters(kind, dense) * READ_BYTES
            + run.parameters(kind, left) * Float.BYTES
            + run.tokens() * activations(kind, left)
            + states;
    return new StageCost("forward", flops + opening(kind, left), 0, bytes, 0, run.width());
  }

  /** Flops from hidden states to the closing linear's input. */
  private double opening(SublayerKind kind, LayerShape shape) {
    double linears =
        2 * run.tokens() * (run.parameters(kind, shape) - closingParameters(kind, shape));
    return kind == SublayerKind.FFN
        ? linears
        : linears + 2 * run.tokens() * run.length() * width(kind, shape);
  }

  private double closingParameters(SublayerKind kind, LayerShape shape) {
    return run.dense().hidden() * width(kind, shape);
  }

  /** Bytes of a token's activations, each written once. */
  private double activations(SublayerKind kind, LayerShape shape) {
    double n = width(kind, shape);
    double h = run.dense().hidden();
    double keys = run.dense().size(Family.Dimension.keys, shape);
    return Float.BYTES * (kind == SublayerKind.FFN ? 3 * h + 4 * n : 3 * h + 9 * n + 6 * keys);
  }

  private double width(SublayerKind kind, LayerShape shape) {
    return run.dense().closingWidth(kind, shape);
  }

  /** Elements of the tiles that cover the upper triangle. */
  static double area(double n) {
    double tile = Math.min(n, TileGrid.DEFAULT_TILE_SIZE);
    return n * (n + tile) / 2;
  }

  private static StageCost nothing(String stage, int width) {
    return new StageCost(stage, 0, 0, 0, 0, width);
  }
}

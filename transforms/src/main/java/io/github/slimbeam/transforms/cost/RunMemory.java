// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.PruneMemory;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import java.util.List;

/**
 * The most memory that the process of a run takes, with all its workers. Letters as in {@link
 * RunCost}; n the widest closing linear's input.
 *
 * <ul>
 *   <li><em>process</em>: JVM, libtorch, and the runner's own buffers, whatever the model: {@link
 *       #PROCESS}; and what malloc keeps of tensors that were freed, {@link #KEPT} of the largest
 *       stage, fitted to runs. So little as long as threads share malloc's arenas as under the
 *       launcher; else it stays with each, gigabytes after some layers.
 *   <li><em>heap</em>: the graph, which grows with the layers; nothing that is large enters it.
 *   <li><em>tensors</em>: the largest stage. embed: each worker's table, V·h in F32. moments: the
 *       sub-layer in F32, each worker's sums over n² / 2, and the activations of a batch. prune:
 *       {@link PruneMemory} for methods and recoveries that solve with XᵀX, less for others, and
 *       copies of the closing linear. forward: the sub-layer before and after, and activations.
 * </ul>
 *
 * On a CUDA device the tensors are in its memory and the rest in the host's.
 *
 * @param process of the process itself
 * @param heap of the JVM
 * @param tensors of the stage that takes most
 * @param stage its name
 * @param workDirectory most bytes that the work directory holds: three stages' hidden states, a
 *     layer's attention outputs, the tiles of each shard and of all, and the closing linears that
 *     are ready
 */
public record RunMemory(
    double process, double heap, double tensors, String stage, double workDirectory) {
  /** As measured, Flink's sort and network memory included. */
  static final double PROCESS = 0.9e9;

  static final double KEPT = 0.1;

  static final double HEAP = 0.3e9;
  static final double HEAP_OF_LAYER = 25e6;

  /**
   * The memory of a run; the heap is never more than what this JVM may take, as the run's will be.
   */
  public static RunMemory of(PruneRun run) {
    double tensors = embed(run);
    String stage = "embed";
    double tiles = 0;
    double ready = 0;
    List<LayerShape> left = Plans.shapes(run.dense(), run.plan());
    for (SublayerTarget target : run.plan().getTargets()) {
      int layer = target.getSublayer().getLayer();
      SublayerKind kind = target.getSublayer().getKind();
      LayerShape shape = run.dense().layers().get(layer);
      double n = run.dense().closingWidth(kind, shape);
      tiles = Math.max(tiles, RunCost.area(n) * Double.BYTES);
      String name = "layer " + layer + " " + kind;
      double moments = moments(run, kind, shape);
      double prune =
          Math.max(
              prune(run, target.getRemoved(), n),
              kind == SublayerKind.FFN ? refit(run, shape, left.get(layer)) : 0);
      if (moments > tensors) {
        tensors = moments;
        stage = "moments, " + name;
      }
      if (prune > tensors) {
        tensors = prune;
        stage = "prune, " + name;
      }
      ready += run.dense().hidden() * run.dense().closingWidth(kind, left.get(layer));
    }
    double element = (double) run.modelBytes() / run.dense().parameters(run.dense().layers());
    double states = run.tokens() * run.dense().hidden() * Float.BYTES;
    double largest = (double) Runtime.getRuntime().maxMemory();
    double heap = HEAP + HEAP_OF_LAYER * run.dense().layers().size() / run.jobs();
    return new RunMemory(
        PROCESS + KEPT * tensors,
        Math.min(heap, largest),
        tensors,
        stage,
        4 * states + (1 + run.fullShards()) * tiles + ready * element);
  }

  /** Bytes of process, heap and tensors together. */
  public double total() {
    return process + heap + tensors;
  }

  private static double embed(PruneRun run) {
    return run.width() * Float.BYTES * (run.tableParameters() + states(run));
  }

  /** Elements of a shard's hidden states before and after. */
  private static double states(PruneRun run) {
    return 2 * run.shardTokens() * run.dense().hidden();
  }

  private static double moments(PruneRun run, SublayerKind kind, LayerShape shape) {
    double n = run.dense().closingWidth(kind, shape);
    double token = 4.0 * run.dense().hidden() + (kind == SublayerKind.FFN ? 6 : 8) * n;
    double streams = run.towardsDense() ? 2 : 1;
    return run.parameters(kind, shape) * Float.BYTES
        + run.width()
            * ((RunCost.area(n) + (streams - 1) * run.dense().hidden() * n) * Double.BYTES
                + Float.BYTES
                    * (run.batchTokens() * token * (streams + 1) / 2
                        + streams * states(run)
                        + (kind == SublayerKind.ATTENTION ? run.shardTokens() * n : 0)));
  }

  /**
   * Inputs and targets of the tokens, the dense FFN, and ten matrices of the kept openings' shapes.
   */
  private static double refit(PruneRun run, LayerShape dense, LayerShape left) {
    double hidden = run.dense().hidden();
    return run.refitTokens() == 0
        ? 0
        : Float.BYTES
            * (2 * run.refitTokens() * hidden
                + run.parameters(SublayerKind.FFN, dense)
                + 20 * hidden * left.channels()
                + 8 * run.batchTokens() * left.channels());
  }

  private static double prune(PruneRun run, int removed, double n) {
    double weights = run.dense().hidden() * n * Double.BYTES;
    double error = 5 * weights;
    if (removed == 0) {
      return error;
    }
    return Math.max(error, solving(run.method(), n) + 2 * weights);
  }

  private static double solving(PruningMethod method, double n) {
    Combination whole = Combination.of(method);
    boolean solves =
        method.needs() == PruningMethod.Needs.MOMENTS_AND_OPENINGS
            || whole.selection().compensates();
    double recovered = whole.recovery().memory(n);
    return solves ? Math.max(recovered, (double) PruneMemory.bytes((long) n)) : recovered;
  }
}

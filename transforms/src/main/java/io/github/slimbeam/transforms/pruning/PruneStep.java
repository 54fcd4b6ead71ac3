// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static java.util.Objects.requireNonNullElse;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.statistics.Moments;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.Finished;
import io.github.slimbeam.transforms.work.PrunedFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Prunes one sub-layer: merged tiles and the dense closing linear in, the new closing linear in a
 * file of the work directory out.
 *
 * @param model the dense model
 * @param directory the work directory
 * @param tileSize of the moments
 */
public record PruneStep(Model model, String directory, int tileSize) {
  private static final String WEIGHT = "weight";
  private static final String BIAS = "bias";

  /**
   * Runs the method on a target and writes what it decided, in the model's own dtype. What a former
   * attempt finished is not done again; where two attempts run at once, the first to finish counts.
   */
  public PrunedSublayer run(
      PruningMethod method,
      SublayerTarget target,
      Collection<TileReference> tiles,
      TokenSource tokens)
      throws IOException {
    Finished finished = new Finished(model.checkpoint().storage(), directory);
    Optional<PrunedSublayer> before = finished.sublayer(target.getSublayer());
    if (before.isPresent()) {
      return before.get();
    }
    PrunedSublayer pruned =
        PruneMemory.need(
            target.getSublayer(),
            columns(target),
            () -> {
              try {
                return prune(Combination.of(method), target, tiles, tokens);
              } catch (UncheckedIOException e) {
                throw e.getCause();
              }
            });
    Optional<PrunedSublayer> meanwhile = finished.sublayer(target.getSublayer());
    if (meanwhile.isPresent()) {
      return meanwhile.get();
    }
    files().finish(pruned);
    return pruned;
  }

  /**
   * What removing more and more of a sub-layer's units would cost, up to as many as the target
   * says, from moments of the dense model.
   */
  public RemovalCurve curve(SlimGpt method, SublayerTarget target, Collection<TileReference> tiles)
      throws IOException {
    SublayerKey key = target.getSublayer();
    if (target.getRemoved() == 0) {
      return new RemovalCurve(key, target.getUnits(), List.of(0), List.of(0.0));
    }
    return PruneMemory.need(
        key,
        columns(target),
        () -> {
          try (TorchScope scope = TorchScope.open()) {
            return RemovalCurves.of(
                scope, method, problem(scope, where(key), method, target, tiles));
          } catch (UncheckedIOException e) {
            throw e.getCause();
          }
        });
  }

  /**
   * What a step costs: reading weights and tiles, the method with its recovery, and the error that
   * is left but for its products.
   */
  public static StepCost cost(PruningMethod method, ProblemSize size) {
    double m = size.rows();
    double n = size.columns();
    StepCost around =
        StepCost.elements(2 * m * n + 1.5 * n * n).plus(new StepCost(0, 3 * m * n * Double.BYTES));
    return around.plus(
        size.removed() == 0 ? StepCost.elements(m * n) : Combination.of(method).cost(size));
  }

  /** Flops, in F32, of the error that is left: {@link Moments#relativeError}. */
  public static double errorFlops(ProblemSize size) {
    return 2.0 * size.rows() * size.columns() * size.columns();
  }

  private String where(SublayerKey key) {
    return model.checkpoint().directory() + ": " + model.closing(key.getLayer(), key.getKind());
  }

  /** How many columns the closing linear has. */
  private long columns(SublayerTarget target) {
    SublayerKey key = target.getSublayer();
    return model.checkpoint().tensor(model.closing(key.getLayer(), key.getKind())).shape().get(1);
  }

  private PrunedFiles files() {
    return new PrunedFiles(model.checkpoint().storage(), directory);
  }

  private PrunedSublayer prune(
      Combination method,
      SublayerTarget target,
      Collection<TileReference> tiles,
      TokenSource tokens)
      throws IOException {
    long begun = System.nanoTime();
    SublayerKey key = target.getSublayer();
    DType dtype = model.closingType(key.getLayer(), key.getKind());
    try (TorchScope scope = TorchScope.open()) {
      GainScale gain =
          new GainScale(
              method.target() == Target.SELF
                  ? null
                  : SublayerWeights.gainAfter(scope, model, key.getLayer(), key.getKind()));
      PruningProblem own = problem(scope, where(key), method, target, tiles);
      PruningProblem problem = own.weighing(gain.in(scope, own.weight()));
      PruningOutcome outcome =
          problem.removed() == 0 ? method.untouched(scope, problem) : method.prune(scope, problem);
      int[] kept = SublayerWeights.positions(outcome.kept(), problem.unitSize());
      Optional<OpeningRefit.Fitted> fitted =
          new FfnRefit(model, method.refitting()).fit(scope, problem, outcome, tokens);
      NDArray weight = fitted.map(OpeningRefit.Fitted::closing).orElse(outcome.weight());
      NDArray rounded =
          TensorBytes.rounded(scope, gain.out(scope, weight, own.weight(), kept), dtype);
      NDArray added = addedBias(scope, method.recovery(), outcome, dtype);
      double error =
          fitted.isPresent()
              ? fitted.get().error()
              : problem
                  .moments()
                  .relativeError(problem.weight(), gain.in(scope, rounded), added, kept);
      SublayerReport report =
          SublayerReport.newBuilder()
              .setSublayer(key)
              .setUnits(target.getUnits())
              .setKept(outcome.kept())
              .setReconstructionError(error)
              .setDamping(outcome.damping())
              .setDampingRaised(outcome.dampingRaised())
              .setTokens(problem.moments().count())
              .setColumns(target.getUnits() * problem.unitSize())
              .setKeptScores(Quantiles.of(outcome.scoresOf(outcome.kept())))
              .setRemovedScores(Quantiles.of(outcome.scoresOf(outcome.removalOrder())))
              .setRefitErrors(fitted.map(OpeningRefit.Fitted::fitted).orElse(List.of()))
              .setRefitHeldOut(fitted.map(OpeningRefit.Fitted::heldOut).orElse(List.of()))
              .setSeconds((System.nanoTime() - begun) / 1e9)
              .build();
      return write(report, dtype, rounded, whole(scope, key, added), fitted);
    }
  }

  private PruningProblem problem(
      TorchScope scope,
      String where,
      PruningMethod method,
      SublayerTarget target,
      Collection<TileReference> tiles)
      throws IOException {
    SublayerKey key = target.getSublayer();
    LayerShape shape = model.config().layers().get(key.getLayer());
    Family family = model.config().family();
    Family.Sublayer sublayer = family.sublayer(key.getKind());
    Family.Dimension units = sublayer.closing().input();
    int unitSize = model.config().unitSize(key.getKind(), shape);
    List<NDArray> openings = new ArrayList<>();
    if (method.needs() == PruningMethod.Needs.MOMENTS_AND_OPENINGS) {
      for (Map.Entry<String, Family.Weight> entry : sublayer.weights().entrySet()) {
        for (ModelConfig.Part part : model.config().parts(entry.getValue(), shape)) {
          if (part.dimension() == units) {
            String name = family.tensor(key.getLayer(), entry.getKey() + ".weight");
            openings.add(
                dense(scope, name)
                    .get(new NDIndex("{}:{}", part.begin(), part.begin() + part.size())));
          }
        }
      }
    }
    TileGrid grid = new TileGrid(target.getUnits() * unitSize, tileSize);
    return new PruningProblem(
        where,
        key,
        dense(scope, model.closing(key.getLayer(), key.getKind())),
        openings,
        Moments.assemble(scope, model.checkpoint().storage(), grid, tiles, where),
        target.getUnits(),
        unitSize,
        target.getRemoved(),
        requireNonNullElse(target.getKept(), List.of()));
  }

  /**
   * What the recovery adds to the closing linear's bias, rounded; zeros where it left this
   * sub-layer alone, null where it never adds anything.
   */
  private @Nullable NDArray addedBias(
      TorchScope scope, Recovery recovery, PruningOutcome outcome, DType dtype) {
    if (!recovery.makesBias()) {
      return null;
    }
    return outcome.bias() == null
        ? scope.zeros(DataType.FLOAT64, model.config().hidden())
        : TensorBytes.rounded(scope, outcome.bias(), dtype);
  }

  /** The bias to be written, if any: what was added, on top of what the dense linear has. */
  private @Nullable NDArray whole(TorchScope scope, SublayerKey key, @Nullable NDArray added)
      throws IOException {
    String name = model.closingBias(key.getLayer(), key.getKind());
    return added == null || !model.checkpoint().tensors().containsKey(name)
        ? added
        : added.add(dense(scope, name));
  }

  private NDArray dense(TorchScope scope, String name) throws IOException {
    return model.load(scope, name).toType(DataType.FLOAT64, false);
  }

  private PrunedSublayer write(
      SublayerReport report,
      DType dtype,
      NDArray weight,
      @Nullable NDArray bias,
      Optional<OpeningRefit.Fitted> fitted)
      throws IOException {
    Storage storage = model.checkpoint().storage();
    SublayerKey key = report.getSublayer();
    Written file = new Written(files().newWeights(key), new ArrayList<>());
    TensorReference closing = file.add(WEIGHT, weight, dtype);
    TensorReference added = bias == null ? null : file.add(BIAS, bias, dtype);
    List<TensorReference> openings = new ArrayList<>();
    if (fitted.isPresent()) {
      GaussNewton.Pair pair = fitted.get().openings();
      DType type = model.openingType(key.getLayer(), key.getKind());
      openings.add(file.add(GaussNewton.UP, pair.up(), type));
      openings.add(file.add(GaussNewton.GATE, pair.gate(), type));
    }
    storage.write(
        file.path(), channel -> SafetensorsWriter.write(channel, Map.of(), file.sources()));
    return new PrunedSublayer(report, closing, added, openings);
  }

  /** A file while it is put together. */
  private record Written(String path, List<SafetensorsWriter.Source> sources) {
    TensorReference add(String name, NDArray tensor, DType dtype) throws IOException {
      SafetensorsWriter.Source source = TensorBytes.source(name, tensor, dtype);
      sources.add(source);
      return new TensorReference(
          path, name, dtype, source.shape(), TensorBytes.checksum(tensor, dtype));
    }
  }
}

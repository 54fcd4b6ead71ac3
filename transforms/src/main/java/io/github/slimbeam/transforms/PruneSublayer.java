// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.pruning.PruneStep;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Merged tiles of one sub-layer to that sub-layer pruned: one worker assembles the moments, runs
 * the method and writes the new closing weights.
 *
 * <p><em>Cost</em>: the method's, see its class; memory of about twice n² · 8 bytes at width n.
 */
public final class PruneSublayer
    extends PTransform<PCollection<KV<SublayerKey, TileReference>>, PCollection<PrunedSublayer>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final PruningMethod method;
  private final PCollectionView<PruningPlan> plan;

  private PruneSublayer(PruningWork work, PruningMethod method, PCollectionView<PruningPlan> plan) {
    this.work = work;
    this.method = method;
    this.plan = plan;
  }

  public static PruneSublayer by(
      PruningMethod method, PruningWork work, PCollectionView<PruningPlan> plan) {
    return new PruneSublayer(work, method, plan);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
    builder.add(DisplayData.item("method", method.name()).withLabel("Method"));
  }

  @Override
  public PCollection<PrunedSublayer> expand(PCollection<KV<SublayerKey, TileReference>> tiles) {
    return tiles
        .apply("Gather references", GroupByKey.create())
        .apply("Prune units", ParDo.of(new PruneFn(work, method, plan)).withSideInputs(plan))
        .setCoder(AvroCoder.specific(PrunedSublayer.class));
  }

  private static final class PruneFn
      extends DoFn<KV<SublayerKey, Iterable<TileReference>>, PrunedSublayer> {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(PruneSublayer.class);
    private final StageMetrics metrics = StageMetrics.of("prune");
    private final Counter dampingRaised = metrics.counter("damping_raised");
    private final PruningWork work;
    private final PruningMethod method;
    private final PCollectionView<PruningPlan> plan;

    PruneFn(PruningWork work, PruningMethod method, PCollectionView<PruningPlan> plan) {
      this.work = work;
      this.method = method;
      this.plan = plan;
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      SublayerKey key = context.element().getKey();
      Optional<PrunedSublayer> finished = work.finished().sublayer(key);
      if (finished.isPresent()) {
        LOG.info("layer {} {}: taken up", key.getLayer(), key.getKind());
        work.tiles().delete(key);
        context.output(finished.get());
        return;
      }
      long begun = System.nanoTime();
      List<TileReference> tiles = new ArrayList<>();
      context.element().getValue().forEach(tiles::add);
      SharedWeights.dropIdle();
      PrunedSublayer pruned;
      try (TorchScope device = TorchScope.open(work.device())) {
        pruned =
            new PruneStep(work.open(), work.directory(), work.tileSize())
                .run(
                    method,
                    target(context.sideInput(plan), key),
                    tiles,
                    new DenseTokens(work, key));
      }
      work.tiles().delete(key);
      dampingRaised.inc(pruned.getReport().getDampingRaised());
      metrics.file(bytes(tiles), begun);
      log(pruned.getReport());
      context.output(pruned);
    }

    private static void log(SublayerReport report) {
      LOG.info(
          "layer {} {}: {} of {} units kept, error {}, damping raised {} times",
          report.getSublayer().getLayer(),
          report.getSublayer().getKind(),
          report.getKept().size(),
          report.getUnits(),
          report.getReconstructionError(),
          report.getDampingRaised());
    }

    private static long bytes(List<TileReference> tiles) {
      return tiles.stream()
          .map(tile -> tile.getGram().getShape())
          .mapToLong(shape -> Double.BYTES * shape.get(0) * shape.get(1))
          .sum();
    }

    private static SublayerTarget target(PruningPlan plan, SublayerKey key) {
      List<SublayerTarget> found =
          plan.getTargets().stream().filter(t -> t.getSublayer().equals(key)).toList();
      check(
          found.size() == 1,
          "the pruning plan names %s %d times, expected once",
          key,
          found.size());
      return found.get(0);
    }
  }
}

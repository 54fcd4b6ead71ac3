package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.PruneStep;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Merged tiles of one sub-layer to that sub-layer pruned. Tiles are kept in files as they come, so
 * that only their references are grouped; then one worker assembles the moments, runs the method
 * and writes the new closing weights.
 *
 * <p><em>Cost</em>: the method's, see its class; memory of about four times n² · 8 bytes at width
 * n.
 */
public final class PruneSublayer
    extends PTransform<PCollection<KV<TileKey, GramTile>>, PCollection<PrunedSublayer>> {
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
  public PCollection<PrunedSublayer> expand(PCollection<KV<TileKey, GramTile>> tiles) {
    return tiles
        .apply("Keep tiles", ParDo.of(new KeepTileFn(work)))
        .setCoder(KvCoder.of(AvroCoder.of(SublayerKey.class), AvroCoder.of(TileReference.class)))
        .apply("Gather references", GroupByKey.create())
        .apply("Prune", ParDo.of(new PruneFn(work, method, plan)).withSideInputs(plan))
        .setCoder(AvroCoder.of(PrunedSublayer.class));
  }

  private static final class KeepTileFn
      extends DoFn<KV<TileKey, GramTile>, KV<SublayerKey, TileReference>> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    KeepTileFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void keep(
        @Element KV<TileKey, GramTile> tile, OutputReceiver<KV<SublayerKey, TileReference>> out)
        throws IOException {
      TileKey key = tile.getKey();
      out.output(
          KV.of(
              new SublayerKey(key.getLayer(), key.getKind()),
              work.tiles().write(key, tile.getValue())));
    }
  }

  private static final class PruneFn
      extends DoFn<KV<SublayerKey, Iterable<TileReference>>, PrunedSublayer> {
    private static final long serialVersionUID = 1;
    private final Counter dampingRaised = Metrics.counter("slimbeam", "damping_raised");
    private final PruningWork work;
    private final PruningMethod method;
    private final PCollectionView<PruningPlan> plan;

    PruneFn(PruningWork work, PruningMethod method, PCollectionView<PruningPlan> plan) {
      this.work = work;
      this.method = method;
      this.plan = plan;
    }

    @ProcessElement
    public void prune(ProcessContext context) throws IOException {
      List<TileReference> tiles = new ArrayList<>();
      context.element().getValue().forEach(tiles::add);
      SublayerTarget target = target(context.sideInput(plan), context.element().getKey());
      Model model = work.open();
      PrunedSublayer pruned =
          new PruneStep(model, work.directory(), work.tileSize()).run(method, target, tiles);
      work.tiles().delete(tiles);
      dampingRaised.inc(pruned.getReport().getDampingRaised());
      context.output(pruned);
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

package io.github.slimbeam.transforms;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ShardForward;
import io.github.slimbeam.transforms.model.SharedWeights;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.statistics.TileSum;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderRegistry;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Combine;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Hidden states entering a sub-layer to the moments n, Σx and XᵀX of its closing linear's input, in
 * merged tiles. Each bundle sums natively and emits its tiles once; {@link Combine#perKey} merges
 * them. For a sub-layer that a former attempt has pruned nothing is computed: one tile of {@link
 * TileSum#nothing} comes out.
 *
 * <p><em>Cost</em>: the sub-layer's opening linears forward, n² flops a token, and n² · 4 bytes a
 * bundle through the shuffle.
 */
public final class AccumulateMoments
    extends PTransform<PCollection<HiddenStates>, PCollection<KV<TileKey, GramTile>>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final SublayerKey sublayer;

  private AccumulateMoments(PruningWork work, SublayerKey sublayer) {
    this.work = work;
    this.sublayer = sublayer;
  }

  public static AccumulateMoments of(PruningWork work, SublayerKey sublayer) {
    return new AccumulateMoments(work, sublayer);
  }

  @Override
  public PCollection<KV<TileKey, GramTile>> expand(PCollection<HiddenStates> states) {
    KvCoder<TileKey, GramTile> coder =
        KvCoder.of(AvroCoder.of(TileKey.class), AvroCoder.of(GramTile.class));
    return states
        .apply("Sum natively", ParDo.of(new SumFn(work, sublayer)))
        .setCoder(coder)
        .apply("Merge tiles", Combine.perKey(new MergeFn()))
        .setCoder(coder);
  }

  private static final class SumFn extends DoFn<HiddenStates, KV<TileKey, GramTile>> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("moments");
    private final PruningWork work;
    private final SublayerKey sublayer;
    private transient Model model;
    private transient SharedWeights.Lease dense;
    private transient GramAccumulator sums;
    private transient boolean spent;

    SumFn(PruningWork work, SublayerKey sublayer) {
      this.work = work;
      this.sublayer = sublayer;
    }

    @ProcessElement
    public synchronized void add(@Element HiddenStates shard) throws IOException {
      if (work.pruned().has(sublayer)) {
        spent = true;
        return;
      }
      long begun = System.nanoTime();
      try (TorchScope scope = TorchScope.open(work.device())) {
        open();
        NDArray states = work.hiddenStates().read(scope, shard);
        String where = model.closing(sublayer.getLayer(), sublayer.getKind());
        ShardForward forward = ShardForward.of(model.config());
        forward.closingInputs(states, shard.getLengths(), dense.weights(), z -> sums.add(z, where));
        forward.openingInputs(states, shard.getLengths(), dense.weights(), sums::addOpening);
      }
      metrics.shard(shard, begun);
    }

    @FinishBundle
    public synchronized void emit(FinishBundleContext context) {
      if (spent) {
        output(context, new TileGrid.Tile(0, 0), TileSum.nothing());
        spent = false;
      } else if (sums != null) {
        sums.forEachTile((tile, sum) -> output(context, tile, sum));
      }
      if (sums != null) {
        sums.close();
        sums = null;
      }
    }

    private void output(FinishBundleContext context, TileGrid.Tile tile, GramTile sum) {
      TileKey key = new TileKey(sublayer.getLayer(), sublayer.getKind(), tile.row(), tile.column());
      context.output(KV.of(key, sum), BoundedWindow.TIMESTAMP_MIN_VALUE, GlobalWindow.INSTANCE);
    }

    private void open() throws IOException {
      if (dense == null) {
        model = work.open();
        dense = SharedWeights.acquire(model, sublayer.getLayer(), sublayer.getKind());
      }
      if (sums == null) {
        int width = (int) dense.weights().closing().getShape().get(1);
        sums = new GramAccumulator(new TileGrid(width, work.tileSize()), model.config().hidden());
      }
    }

    /** Some runners tear down what failed elsewhere while an element is still at work here. */
    @Teardown
    public synchronized void close() {
      if (sums != null) {
        sums.close();
      }
      if (dense != null) {
        dense.close();
      }
    }
  }

  /** Adds tiles of the same key. */
  static final class MergeFn extends Combine.CombineFn<GramTile, TileSum, GramTile> {
    private static final long serialVersionUID = 1;

    @Override
    public TileSum createAccumulator() {
      return new TileSum();
    }

    @Override
    public TileSum addInput(TileSum sum, GramTile tile) {
      return sum.add(tile);
    }

    @Override
    public TileSum mergeAccumulators(Iterable<TileSum> sums) {
      TileSum merged = new TileSum();
      sums.forEach(merged::add);
      return merged;
    }

    @Override
    public GramTile extractOutput(TileSum sum) {
      return sum.toTile();
    }

    @Override
    public Coder<TileSum> getAccumulatorCoder(CoderRegistry registry, Coder<GramTile> input) {
      return TileSumCoder.of();
    }
  }
}

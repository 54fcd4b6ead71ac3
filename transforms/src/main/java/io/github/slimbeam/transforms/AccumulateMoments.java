// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TilePart;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.PruningWork;
import io.github.slimbeam.transforms.work.TileFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.jspecify.annotations.Nullable;

/**
 * Hidden states entering a sub-layer to the moments n, Σx and XᵀX of its closing linear's input, in
 * merged tiles. Each shard is summed natively into a file; tile by tile the shards are added in
 * their order, see {@link io.github.slimbeam.transforms.work.TileFiles}. References alone cross the
 * shuffle. What an attention's heads give is kept for {@link ForwardSublayer}. For a sub-layer that
 * a former attempt has pruned nothing is computed: one tile that is nowhere comes out.
 *
 * <p><em>Cost</em>: the sub-layer's opening linears forward, n² flops a token, and n² · 4 bytes a
 * shard through files. <em>Memory</em>: n² · 4 bytes native, none of it in the heap.
 */
public final class AccumulateMoments
    extends PTransform<PCollection<HiddenStates>, PCollection<KV<SublayerKey, TileReference>>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final SublayerKey sublayer;
  private final Streams streams;

  private AccumulateMoments(PruningWork work, SublayerKey sublayer, Streams streams) {
    this.work = work;
    this.sublayer = sublayer;
    this.streams = streams;
  }

  /** Moments in the model that is being pruned, whose states come in. */
  public static AccumulateMoments of(PruningWork work, SublayerKey sublayer) {
    return new AccumulateMoments(work, sublayer, Streams.PRUNED);
  }

  /**
   * Each token by its weight, and with the cross moments of a target: that the model that is being
   * pruned meets the dense one, whose states are taken along in the work directory.
   */
  public static AccumulateMoments towardsDense(PruningWork work, SublayerKey sublayer) {
    return new AccumulateMoments(work, sublayer, Streams.BOTH);
  }

  /** Moments in the dense model, whose states come in, each token by its weight. */
  public static AccumulateMoments ofDense(PruningWork work, SublayerKey sublayer) {
    return new AccumulateMoments(work, sublayer, Streams.DENSE);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
    builder.add(
        DisplayData.item("sublayer", sublayer.getLayer() + " " + sublayer.getKind())
            .withLabel("Sub-layer"));
    builder.add(DisplayData.item("streams", streams.name()).withLabel("Streams"));
  }

  @Override
  public PCollection<KV<SublayerKey, TileReference>> expand(PCollection<HiddenStates> states) {
    return states
        .apply("Sum shards", ParDo.of(new SumFn(work, sublayer, streams)))
        .setCoder(KvCoder.of(AvroCoder.specific(TileKey.class), AvroCoder.specific(TilePart.class)))
        .apply("Gather parts", GroupByKey.create())
        .apply("Merge tiles", ParDo.of(new MergeFn(work, sublayer, streams)))
        .setCoder(
            KvCoder.of(
                AvroCoder.specific(SublayerKey.class), AvroCoder.specific(TileReference.class)));
  }

  private static final class SumFn extends DoFn<HiddenStates, KV<TileKey, TilePart>> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics;
    private final PruningWork work;
    private final SublayerKey sublayer;
    private final Streams streams;
    private transient @Nullable Opened opened;

    /** What a bundle holds, once it needs it. */
    private record Opened(Model model, SharedWeights.Lease dense) {}

    SumFn(PruningWork work, SublayerKey sublayer, Streams streams) {
      this.work = work;
      this.sublayer = sublayer;
      this.streams = streams;
      this.metrics = StageMetrics.of(streams == Streams.DENSE ? "measure" : "moments");
    }

    @ProcessElement
    public synchronized void process(
        @Element HiddenStates shard, OutputReceiver<KV<TileKey, TilePart>> out) throws IOException {
      if (streams.isDone(work.finished(), sublayer)) {
        output(out, new TilePart(shard.getShard(), TileFiles.nothing(sublayer)));
        return;
      }
      if (shard.getLengths().isEmpty()) {
        streams.skip(work, sublayer, shard);
        TileFiles.empty(sublayer, shard.getShard(), grid(work.open()))
            .forEach(part -> output(out, part));
        return;
      }
      long begun = System.nanoTime();
      try (TorchScope scope = TorchScope.open(work.device())) {
        Opened held = open();
        try (GramAccumulator sums =
            streams.sums(
                scope,
                new Streams.Shard(work, sublayer, shard, held.model(), held.dense().weights()),
                grid(held.model()))) {
          streams
              .tiles(work)
              .write(sublayer, shard.getShard(), sums)
              .forEach(part -> output(out, part));
        }
      }
      metrics.shard(shard, begun);
    }

    private TileGrid grid(Model of) {
      String closing = of.closing(sublayer.getLayer(), sublayer.getKind());
      long width = of.checkpoint().tensor(closing).shape().get(1);
      return new TileGrid((int) width, work.tileSize());
    }

    private static void output(OutputReceiver<KV<TileKey, TilePart>> out, TilePart part) {
      out.output(KV.of(part.getTile().getKey(), part));
    }

    private Opened open() throws IOException {
      if (opened == null) {
        Model model = work.open();
        opened =
            new Opened(
                model,
                SharedWeights.acquire(
                    model,
                    sublayer.getLayer(),
                    sublayer.getKind(),
                    work.compute(),
                    work.submission()));
      }
      return opened;
    }

    @FinishBundle
    public synchronized void giveBack() {
      if (opened != null) {
        opened.dense().close();
        opened = null;
      }
    }

    /** Some runners tear down what failed elsewhere while an element is still at work here. */
    @Teardown
    public void close() {
      giveBack();
    }
  }

  private static final class MergeFn
      extends DoFn<KV<TileKey, Iterable<TilePart>>, KV<SublayerKey, TileReference>> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final SublayerKey sublayer;
    private final Streams streams;

    MergeFn(PruningWork work, SublayerKey sublayer, Streams streams) {
      this.work = work;
      this.sublayer = sublayer;
      this.streams = streams;
    }

    @ProcessElement
    public void process(
        @Element KV<TileKey, Iterable<TilePart>> tile,
        OutputReceiver<KV<SublayerKey, TileReference>> out)
        throws IOException {
      out.output(KV.of(sublayer, merged(tile)));
    }

    private TileReference merged(KV<TileKey, Iterable<TilePart>> tile) throws IOException {
      if (streams.isDone(work.finished(), sublayer)) {
        return TileFiles.nothing(sublayer);
      }
      work.claim().check();
      List<TilePart> parts = new ArrayList<>();
      tile.getValue().forEach(parts::add);
      try (TorchScope device = TorchScope.open(work.device())) {
        return streams.tiles(work).merge(tile.getKey(), parts, work.shards());
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.planning.GlobalAllocation;
import io.github.slimbeam.transforms.pruning.PruneStep;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * A dense pass: embedded windows to what removing more and more units of each sub-layer would cost,
 * for plans in which all of them compete. Sub-layer by sub-layer its moments are taken in the dense
 * model, and one worker eliminates units from them; the states after it are written with the sums.
 * Each curve is kept in the work directory, and what has one is not done again. The states stay
 * there for {@link PruneLayers}, which need not make them again then, if they take at most half of
 * the room that is left; where nobody knows how much that is, they go.
 *
 * <p>The graph is a line, as that of {@link PruneLayers}.
 *
 * <p><em>Cost</em>: a dense forward pass, the moments, and one elimination of each sub-layer down
 * to a sixteenth.
 */
public final class MeasureRemovals
    extends PTransform<PCollection<HiddenStates>, PCollection<RemovalCurve>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final SlimGpt method;
  private final int layers;

  private MeasureRemovals(PruningWork work, SlimGpt method, int layers) {
    this.work = work;
    this.method = method;
    this.layers = layers;
  }

  /**
   * The curves of all layers.
   *
   * @param method how units are eliminated
   * @param layers decoder layers of the model
   */
  public static MeasureRemovals by(SlimGpt method, PruningWork work, int layers) {
    return new MeasureRemovals(work, method, layers);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
    builder.add(DisplayData.item("method", method.name()).withLabel("Method"));
  }

  @Override
  public PCollection<RemovalCurve> expand(PCollection<HiddenStates> embedded) {
    PCollection<RemovalCurve> curve = null;
    for (int stage = 0; stage < 2 * layers; stage++) {
      SublayerKey key = HiddenStateFiles.sublayerEntered(stage);
      String name = "Dense layer " + key.getLayer() + " " + key.getKind();
      PCollection<HiddenStates> states =
          curve == null
              ? embedded
              : curve
                  .apply(name + " list shards", ParDo.of(new ShardsFn(work.shards())))
                  .setCoder(KvCoder.of(VarIntCoder.of(), VarIntCoder.of()))
                  .apply(name + " spread shards", Reshuffle.of())
                  .apply(name + " find states", ParDo.of(new FindFn(work)))
                  .setCoder(AvroCoder.specific(HiddenStates.class));
      curve =
          states
              .apply(name + " accumulate moments", AccumulateMoments.ofDense(work, key))
              .apply(name + " gather references", GroupByKey.create())
              .apply(name + " eliminate units", ParDo.of(new CurveFn(work, method, layers)))
              .setCoder(AvroCoder.specific(RemovalCurve.class));
    }
    return requireNonNull(curve, "there are layers")
        .apply("List curves", ParDo.of(new AllFn(work)))
        .setCoder(AvroCoder.specific(RemovalCurve.class));
  }

  /** A curve to every shard of the stage after it: its number, and the stage's. */
  private static final class ShardsFn extends DoFn<RemovalCurve, KV<Integer, Integer>> {
    private static final long serialVersionUID = 1;
    private final int shards;

    ShardsFn(int shards) {
      this.shards = shards;
    }

    @ProcessElement
    public void process(@Element RemovalCurve curve, OutputReceiver<KV<Integer, Integer>> out) {
      for (int shard = 0; shard < shards; shard++) {
        out.output(KV.of(shard, 1 + HiddenStateFiles.stageEntering(curve.getSublayer())));
      }
    }
  }

  private static final class FindFn extends DoFn<KV<Integer, Integer>, HiddenStates> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    FindFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(@Element KV<Integer, Integer> shard, OutputReceiver<HiddenStates> out)
        throws IOException {
      int stage = shard.getValue();
      HiddenStateFiles files = work.denseStates();
      out.output(
          work.finished().hasCurve(HiddenStateFiles.sublayerEntered(stage))
              ? files.spent(stage, shard.getKey())
              : files.get(stage, shard.getKey()));
    }
  }

  private static final class CurveFn
      extends DoFn<KV<SublayerKey, Iterable<TileReference>>, RemovalCurve> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("allocate");
    private final PruningWork work;
    private final SlimGpt method;
    private final int layers;

    CurveFn(PruningWork work, SlimGpt method, int layers) {
      this.work = work;
      this.method = method;
      this.layers = layers;
    }

    @ProcessElement
    public void process(
        @Element KV<SublayerKey, Iterable<TileReference>> tiles, OutputReceiver<RemovalCurve> out)
        throws IOException {
      out.output(curve(tiles.getKey(), tiles.getValue()));
    }

    private RemovalCurve curve(SublayerKey key, Iterable<TileReference> references)
        throws IOException {
      if (work.finished().hasPlan()) {
        return new RemovalCurve(key, 0, List.of(), List.of());
      }
      Optional<RemovalCurve> finished = work.finished().curve(key);
      if (finished.isPresent()) {
        return finished.get();
      }
      long begun = System.nanoTime();
      List<TileReference> tiles = new ArrayList<>();
      references.forEach(tiles::add);
      SharedWeights.dropIdle();
      RemovalCurve curve;
      try (TorchScope device = TorchScope.open(work.device())) {
        Model model = work.open();
        curve =
            new PruneStep(model, work.directory(), work.tileSize())
                .curve(method, GlobalAllocation.most(model.config(), key), tiles);
      }
      work.finished().keep(curve);
      work.measuredTiles().delete(key);
      dropStates(HiddenStateFiles.stageEntering(key));
      metrics.file(0, begun);
      return curve;
    }

    /**
     * Deletes the states that entered a sub-layer unless all to come have room beside them. Those
     * of the first stages stay: the first moments are taken while no plan is made yet.
     */
    private void dropStates(int stage) throws IOException {
      if (stage < 2) {
        return;
      }
      HiddenStateFiles files = work.denseStates();
      long tokens = 0;
      for (int shard = 0; shard < work.shards(); shard++) {
        tokens += files.get(stage, shard).getLengths().stream().mapToLong(Integer::longValue).sum();
      }
      long bytes = tokens * work.open().config().hidden() * Float.BYTES;
      OptionalLong room = work.storage().room(work.directory());
      if (room.isEmpty() || room.getAsLong() / 2 < bytes * (2L * layers - stage)) {
        for (int shard = 0; shard < work.shards(); shard++) {
          files.delete(stage, shard);
        }
      }
    }
  }

  /** The last curve to all. */
  private static final class AllFn extends DoFn<RemovalCurve, RemovalCurve> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    AllFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(@Element RemovalCurve last, OutputReceiver<RemovalCurve> out)
        throws IOException {
      int end = 1 + HiddenStateFiles.stageEntering(last.getSublayer());
      if (work.finished().hasPlan()) {
        return;
      }
      for (int stage = 0; stage < end; stage++) {
        SublayerKey key = HiddenStateFiles.sublayerEntered(stage);
        out.output(stage == end - 1 ? last : work.finished().curve(key).orElseThrow());
      }
    }
  }
}

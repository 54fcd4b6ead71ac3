// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.Target;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.Wait;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.jspecify.annotations.Nullable;

/**
 * The loop over layers, unrolled: for each layer, attention then FFN, accumulate → prune → forward.
 * So FFN statistics are taken after the same layer's attention was pruned, and each layer sees its
 * pruned predecessors.
 *
 * <p>The graph is a line: all that passes from one sub-layer to the next is the record of what was
 * pruned, so a runner holds nothing of a later layer while it works on an earlier one, and a worker
 * that dies takes at most the stage at hand with it. Where hidden states flow as elements from
 * layer to layer instead, a Flink client needs time exponential in the layers to translate the
 * graph.
 */
public final class PruneLayers
    extends PTransform<PCollection<HiddenStates>, PCollection<PrunedSublayer>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final PruningMethod method;
  private final PCollectionView<PruningPlan> plan;
  private final int from;
  private final int to;
  private final @Nullable PCollection<?> signal;

  private PruneLayers(
      PruningWork work,
      PruningMethod method,
      PCollectionView<PruningPlan> plan,
      int from,
      int to,
      @Nullable PCollection<?> signal) {
    this.signal = signal;
    this.work = work;
    this.method = method;
    this.plan = plan;
    this.from = from;
    this.to = to;
  }

  /**
   * Prunes all layers.
   *
   * @param method how units are chosen and made up for
   * @param work where to read and work
   * @param plan how many units each sub-layer loses
   * @param layers decoder layers of the model
   */
  public static PruneLayers by(
      PruningMethod method, PruningWork work, PCollectionView<PruningPlan> plan, int layers) {
    return new PruneLayers(work, method, plan, 0, layers, null);
  }

  /**
   * Prunes only these layers; those before them must be finished.
   *
   * @param first the first
   * @param end the one after the last
   */
  public PruneLayers between(int first, int end) {
    if (first < 0 || first >= end) {
      throw new IllegalArgumentException(
          "layers from " + first + " to before " + end + ": there are none");
    }
    return new PruneLayers(work, method, plan, first, end, signal);
  }

  /** Finishes no sub-layer before this collection is complete. */
  PruneLayers after(PCollection<?> other) {
    return new PruneLayers(work, method, plan, from, to, other);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
    builder.add(DisplayData.item("method", method.name()).withLabel("Method"));
    builder.add(DisplayData.item("fromLayer", from).withLabel("First layer"));
    builder.add(DisplayData.item("toLayer", to).withLabel("The layer after the last"));
  }

  /** The sub-layers from the first of the model up to the last that is pruned here. */
  @Override
  public PCollection<PrunedSublayer> expand(PCollection<HiddenStates> embedded) {
    PCollection<HiddenStates> states = embedded;
    PCollection<PrunedSublayer> pruned = null;
    int first = HiddenStateFiles.stageEntering(new SublayerKey(from, SublayerKind.ATTENTION));
    int end = HiddenStateFiles.stageEntering(new SublayerKey(to, SublayerKind.ATTENTION));
    for (int stage = first; stage < end; stage++) {
      SublayerKey key = HiddenStateFiles.sublayerEntered(stage);
      String name = "Layer " + key.getLayer() + " " + key.getKind();
      if (stage == 0) {
        states = spread(name, states);
      } else {
        PCollection<KV<Integer, PrunedSublayer>> shards =
            (pruned == null
                    ? embedded.apply(
                        name + " take up shards", ParDo.of(new TakeUpFn(work, stage - 1)))
                    : pruned.apply(name + " list shards", ParDo.of(new ShardsFn(work.shards()))))
                .setCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(PrunedSublayer.class)));
        states =
            shards
                .apply(name + " spread shards", Reshuffle.of())
                .apply(name + " forward shards", ForwardSublayer.in(work));
      }
      PCollection<KV<SublayerKey, TileReference>> moments =
          states.apply(
              name + " accumulate moments",
              Combination.of(method).target() == Target.DENSE
                  ? AccumulateMoments.towardsDense(work, key)
                  : AccumulateMoments.of(work, key));
      if (stage == first && signal != null) {
        moments =
            moments
                .apply(name + " await weights", Wait.on(signal))
                .setCoder(
                    KvCoder.of(
                        AvroCoder.specific(SublayerKey.class),
                        AvroCoder.specific(TileReference.class)));
      }
      pruned = moments.apply(name + " prune units", PruneSublayer.by(method, work, plan));
    }
    return requireNonNull(pruned, "there are layers")
        .apply("List sub-layers", ParDo.of(new AllFn(work, end)))
        .setCoder(AvroCoder.specific(PrunedSublayer.class));
  }

  /**
   * Whoever made the states, by the hash of their shards, all workers take an equal part of them.
   */
  private static PCollection<HiddenStates> spread(String name, PCollection<HiddenStates> states) {
    return states
        .apply(
            name + " key shards",
            WithKeys.of(HiddenStates::getShard).withKeyType(TypeDescriptors.integers()))
        .setCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(HiddenStates.class)))
        .apply(name + " spread shards", Reshuffle.of())
        .apply(name + " unkey shards", Values.create());
  }

  /** One pruned sub-layer to every shard that goes through it. */
  private static final class ShardsFn extends DoFn<PrunedSublayer, KV<Integer, PrunedSublayer>> {
    private static final long serialVersionUID = 1;
    private final int shards;

    ShardsFn(int shards) {
      this.shards = shards;
    }

    @ProcessElement
    public void process(
        @Element PrunedSublayer pruned, OutputReceiver<KV<Integer, PrunedSublayer>> out) {
      for (int shard = 0; shard < shards; shard++) {
        out.output(KV.of(shard, pruned));
      }
    }
  }

  /** Every shard to the sub-layer that a former job finished last. */
  private static final class TakeUpFn extends DoFn<HiddenStates, KV<Integer, PrunedSublayer>> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final int stage;

    TakeUpFn(PruningWork work, int stage) {
      this.work = work;
      this.stage = stage;
    }

    @ProcessElement
    public void process(
        @Element HiddenStates shard, OutputReceiver<KV<Integer, PrunedSublayer>> out)
        throws IOException {
      out.output(
          KV.of(shard.getShard(), work.finished().former(HiddenStateFiles.sublayerEntered(stage))));
    }
  }

  /** The last pruned sub-layer to all from the first on. */
  private static final class AllFn extends DoFn<PrunedSublayer, PrunedSublayer> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final int end;

    AllFn(PruningWork work, int end) {
      this.work = work;
      this.end = end;
    }

    @ProcessElement
    public void process(@Element PrunedSublayer last, OutputReceiver<PrunedSublayer> out)
        throws IOException {
      for (int stage = 0; stage < end - 1; stage++) {
        out.output(work.finished().former(HiddenStateFiles.sublayerEntered(stage)));
      }
      out.output(last);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.Optional;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.jspecify.annotations.Nullable;

/**
 * Shard numbers, each with the pruned sub-layer to go through, to the hidden states after it. The
 * states before it are found by stage and shard in the work directory, so nothing else comes from
 * what was before; the record of a pruned sub-layer exists only once every shard that enters it was
 * written. An attention is not computed again: what its dense heads gave is there from when its
 * moments were summed.
 *
 * <p>A shard that a former attempt finished is not computed again, nor one whose next sub-layer is
 * pruned already. The states two stages back are deleted: everything that follows them is written.
 */
public final class ForwardSublayer
    extends PTransform<PCollection<KV<Integer, PrunedSublayer>>, PCollection<HiddenStates>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;

  private ForwardSublayer(PruningWork work) {
    this.work = work;
  }

  public static ForwardSublayer in(PruningWork work) {
    return new ForwardSublayer(work);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
  }

  @Override
  public PCollection<HiddenStates> expand(PCollection<KV<Integer, PrunedSublayer>> shards) {
    return shards
        .apply("Forward shards", ParDo.of(new ForwardFn(work)))
        .setCoder(AvroCoder.specific(HiddenStates.class));
  }

  private static final class ForwardFn extends DoFn<KV<Integer, PrunedSublayer>, HiddenStates> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("forward");
    private final PruningWork work;
    private transient @Nullable Opened opened;

    /** What a bundle holds, once it needs it. */
    private record Opened(Model model, SharedWeights.Lease weights) {}

    ForwardFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public synchronized void process(
        @Element KV<Integer, PrunedSublayer> element, OutputReceiver<HiddenStates> out)
        throws IOException {
      int shard = element.getKey();
      int next = 1 + HiddenStateFiles.stageEntering(element.getValue().getReport().getSublayer());
      Optional<HiddenStates> finished = work.finished().states(next, shard);
      out.output(finished.isPresent() ? finished.get() : through(element.getValue(), shard, next));
    }

    private HiddenStates through(PrunedSublayer sublayer, int shard, int next) throws IOException {
      long begun = System.nanoTime();
      HiddenStateFiles files = work.hiddenStates();
      HiddenStates before = files.get(next - 1, shard);
      HiddenStates after;
      try (TorchScope scope = TorchScope.open(work.device())) {
        NDArray states = through(scope, sublayer, before);
        after = files.write(next, shard, before.getLengths(), states);
      }
      files.delete(next - 2, shard);
      work.denseStates().delete(next - 2, shard);
      SublayerKey key = sublayer.getReport().getSublayer();
      if (key.getKind() == SublayerKind.FFN) {
        work.attentionOutputs().delete(key.getLayer(), shard);
      }
      metrics.shard(after, begun);
      return after;
    }

    private NDArray through(TorchScope scope, PrunedSublayer sublayer, HiddenStates before)
        throws IOException {
      Opened held = open(sublayer);
      SublayerWeights weights = held.weights().weights();
      ShardForward forward = ShardForward.of(held.model().config(), work.batchTokens());
      NDArray states = work.hiddenStates().read(scope, before);
      if (weights.kind() == SublayerKind.FFN || before.getLengths().isEmpty()) {
        return forward.through(scope, states, before.getLengths(), weights);
      }
      ModelConfig config = held.model().config();
      int unitSize = config.unitSize(weights.kind(), config.layers().get(weights.layer()));
      return forward.closed(
          scope,
          states,
          work.attentionOutputs().read(scope, weights.layer(), before.getShard()),
          before.getLengths(),
          weights,
          SublayerWeights.positions(sublayer.getReport().getKept(), unitSize));
    }

    private Opened open(PrunedSublayer sublayer) throws IOException {
      if (opened == null) {
        Model model = work.open();
        opened =
            new Opened(
                model,
                SharedWeights.acquireKept(
                    sublayer.getWeight().getPath(),
                    scope ->
                        (sublayer.getReport().getSublayer().getKind() == SublayerKind.ATTENTION
                                ? SublayerWeights.closing(scope, model, sublayer)
                                : SublayerWeights.load(scope, model, sublayer))
                            .in(scope, work.compute())));
      }
      return opened;
    }

    @FinishBundle
    public synchronized void giveBack() {
      if (opened != null) {
        opened.weights().close();
        opened = null;
      }
    }

    /** Some runners tear down what failed elsewhere while an element is still at work here. */
    @Teardown
    public void close() {
      giveBack();
    }
  }
}

package io.github.slimbeam.transforms;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.transforms.model.HiddenStateFiles;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ShardForward;
import io.github.slimbeam.transforms.model.SharedWeights;
import io.github.slimbeam.transforms.model.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Optional;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Shard numbers to the hidden states after a pruned sub-layer. The states before it are found by
 * stage and shard in the work directory, so the only edge from what came earlier is the small view
 * of the pruned sub-layer; that view exists only once every shard before it was written.
 *
 * <p>A shard that a former attempt finished is not computed again. The states two stages back are
 * deleted: everything that follows them is written.
 */
public final class ForwardSublayer
    extends PTransform<PCollection<Integer>, PCollection<HiddenStates>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final PCollectionView<PrunedSublayer> pruned;

  private ForwardSublayer(PruningWork work, PCollectionView<PrunedSublayer> pruned) {
    this.work = work;
    this.pruned = pruned;
  }

  public static ForwardSublayer through(PruningWork work, PCollectionView<PrunedSublayer> pruned) {
    return new ForwardSublayer(work, pruned);
  }

  @Override
  public PCollection<HiddenStates> expand(PCollection<Integer> shards) {
    return shards
        .apply("Forward", ParDo.of(new ForwardFn(work, pruned)).withSideInputs(pruned))
        .setCoder(AvroCoder.of(HiddenStates.class));
  }

  private static final class ForwardFn extends DoFn<Integer, HiddenStates> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final PCollectionView<PrunedSublayer> pruned;
    private transient Model model;
    private transient SharedWeights.Lease weights;

    ForwardFn(PruningWork work, PCollectionView<PrunedSublayer> pruned) {
      this.work = work;
      this.pruned = pruned;
    }

    @ProcessElement
    public void forward(ProcessContext context) throws IOException {
      PrunedSublayer sublayer = context.sideInput(pruned);
      int stage = HiddenStateFiles.stageEntering(sublayer.getReport().getSublayer());
      HiddenStateFiles files = work.hiddenStates();
      Optional<HiddenStates> finished = files.find(stage + 1, context.element());
      if (finished.isPresent()) {
        context.output(finished.get());
        return;
      }
      open(sublayer);
      HiddenStates before = files.get(stage, context.element());
      try (TorchScope scope = TorchScope.open()) {
        NDArray states = files.read(scope, before);
        NDArray after =
            ShardForward.of(model.config())
                .through(scope, states, before.getLengths(), weights.weights());
        context.output(files.write(stage + 1, context.element(), before.getLengths(), after));
      }
      files.delete(stage - 1, context.element());
    }

    private void open(PrunedSublayer sublayer) throws IOException {
      if (weights == null) {
        model = Model.open(work.storage(), work.model());
        weights =
            SharedWeights.acquire(
                sublayer.getWeight().getPath(),
                scope -> SublayerWeights.load(scope, model, sublayer));
      }
    }

    @Teardown
    public void close() {
      if (weights != null) {
        weights.close();
      }
    }
  }
}

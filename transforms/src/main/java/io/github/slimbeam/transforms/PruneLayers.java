package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import java.util.stream.IntStream;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * The loop over layers, unrolled: for each layer, attention then FFN, accumulate → prune → forward.
 * So FFN statistics are taken after the same layer's attention was pruned, and each layer sees its
 * pruned predecessors.
 *
 * <p>The graph is a chain: every stage begins with its own shard numbers and the view of the
 * sub-layer before it. Where hidden states flow as elements from layer to layer instead, a Flink
 * client needs time exponential in the layers to translate the graph.
 */
public final class PruneLayers
    extends PTransform<PCollection<HiddenStates>, PCollection<PrunedSublayer>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final PruningMethod method;
  private final PCollectionView<PruningPlan> plan;
  private final int layers;

  private PruneLayers(
      PruningWork work, PruningMethod method, PCollectionView<PruningPlan> plan, int layers) {
    this.work = work;
    this.method = method;
    this.plan = plan;
    this.layers = layers;
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
    return new PruneLayers(work, method, plan, layers);
  }

  @Override
  public PCollection<PrunedSublayer> expand(PCollection<HiddenStates> embedded) {
    PCollectionList<PrunedSublayer> all = PCollectionList.empty(embedded.getPipeline());
    PCollection<HiddenStates> states = embedded;
    for (int layer = 0; layer < layers; layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        String name = "Layer " + layer + " " + kind;
        PCollection<PrunedSublayer> pruned =
            states
                .apply(name + " moments", AccumulateMoments.of(work, new SublayerKey(layer, kind)))
                .apply(name + " prune", PruneSublayer.by(method, work, plan));
        all = all.and(pruned);
        boolean last = layer == layers - 1 && kind == SublayerKind.FFN;
        states = last ? states : forward(name, pruned);
      }
    }
    return all.apply("All sub-layers", Flatten.pCollections())
        .setCoder(AvroCoder.of(PrunedSublayer.class));
  }

  private PCollection<HiddenStates> forward(String name, PCollection<PrunedSublayer> pruned) {
    PCollectionView<PrunedSublayer> view = pruned.apply(name + " pruned", View.asSingleton());
    return pruned
        .getPipeline()
        .apply(name + " shards", Create.of(IntStream.range(0, work.shards()).boxed().toList()))
        .apply(
            name + " key",
            WithKeys.<Integer, Integer>of(shard -> shard).withKeyType(TypeDescriptors.integers()))
        .apply(name + " spread", Reshuffle.of())
        .apply(name + " unkey", Values.create())
        .apply(name + " forward", ForwardSublayer.through(work, view));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.statistics.LayerDescription;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Values;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Calibration windows to what a dense pass says of each layer: how alike its input and output are,
 * and mean and square of every entry of its closing linears' inputs. For schedules whose ratios
 * follow from the data.
 *
 * <p><em>Cost</em>: one forward pass; a few vectors a shard and layer through the shuffle.
 */
public final class DescribeLayers
    extends PTransform<PCollection<TokenSequence>, PCollection<LayerStatistics>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;

  private DescribeLayers(PruningWork work) {
    this.work = work;
  }

  public static DescribeLayers of(PruningWork work) {
    return new DescribeLayers(work);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
  }

  @Override
  public PCollection<LayerStatistics> expand(PCollection<TokenSequence> windows) {
    int shards = work.shards();
    return windows
        .apply(
            "Number shards",
            WithKeys.<Integer, TokenSequence>of(w -> w.getIndex() % shards)
                .withKeyType(TypeDescriptors.integers()))
        .setCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(TokenSequence.class)))
        .apply("Group shards", GroupByKey.create())
        .apply("Describe shards", ParDo.of(new DescribeFn(work)))
        .setCoder(
            KvCoder.of(
                VarIntCoder.of(),
                KvCoder.of(VarIntCoder.of(), AvroCoder.specific(LayerStatistics.class))))
        .apply("Add shards", SumInOrder.by(LayerDescription::sum))
        .apply("Drop layer numbers", Values.create());
  }

  private static final class DescribeFn
      extends DoFn<
          KV<Integer, Iterable<TokenSequence>>, KV<Integer, KV<Integer, LayerStatistics>>> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("describe");
    private final PruningWork work;

    DescribeFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<TokenSequence>> shard,
        OutputReceiver<KV<Integer, KV<Integer, LayerStatistics>>> out)
        throws IOException {
      long begun = System.nanoTime();
      List<TokenSequence> sequences = LanguageModel.inOrder(shard.getValue());
      Model model = work.open();
      try (TorchScope device = TorchScope.open(work.device())) {
        for (LayerStatistics layer :
            LayerDescription.of(model, sequences, work.compute(), work.batchTokens())) {
          out.output(KV.of(layer.getLayer(), KV.of(shard.getKey(), layer)));
        }
      }
      long tokens = sequences.stream().mapToLong(s -> s.getTokens().size()).sum();
      metrics.windows(sequences.size(), tokens, begun);
    }
  }
}

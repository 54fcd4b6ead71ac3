// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.apache.beam.sdk.util.Preconditions.checkArgumentNotNull;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.torch.TorchScope;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Wait;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.TypeDescriptors;
import org.jspecify.annotations.Nullable;

/**
 * Token sequences to the hidden states that enter layer 0, in shards: sequence i goes to shard i
 * mod {@code shards}. Every shard is written, also one that got no sequence. What a former attempt
 * wrote is not computed again. The sequences themselves are kept too.
 *
 * <p><em>Cost</em>: tokens · hidden · 4 bytes in the work directory.
 */
public final class EmbedTokens
    extends PTransform<PCollection<TokenSequence>, PCollection<HiddenStates>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;

  private EmbedTokens(PruningWork work) {
    this.work = checkArgumentNotNull(work, "work");
  }

  public static EmbedTokens into(PruningWork work) {
    return new EmbedTokens(work);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
  }

  @Override
  public PCollection<HiddenStates> expand(PCollection<TokenSequence> sequences) {
    int shards = work.shards();
    KvCoder<Integer, TokenSequence> coder =
        KvCoder.of(VarIntCoder.of(), AvroCoder.specific(TokenSequence.class));
    PCollection<KV<Integer, TokenSequence>> byShard =
        sequences
            .apply(
                "Number shards",
                WithKeys.<Integer, TokenSequence>of(s -> s.getIndex() % shards)
                    .withKeyType(TypeDescriptors.integers()))
            .setCoder(coder);
    PCollection<KV<Integer, TokenSequence>> everyShard =
        sequences
            .getPipeline()
            .apply(
                "Name every shard",
                Create.of(
                        IntStream.range(0, shards)
                            .mapToObj(i -> KV.of(i, new TokenSequence(-1, List.of())))
                            .toList())
                    .withCoder(coder))
            // Nothing is written before all sequences are there: whoever claims the directory lets
            // them through.
            .apply("Await sequences", Wait.on(sequences))
            .setCoder(coder);
    return PCollectionList.of(byShard)
        .and(everyShard)
        .apply("Add empty shards", Flatten.pCollections())
        .apply("Group shards", GroupByKey.create())
        .apply("Embed shards", ParDo.of(new EmbedFn(work)))
        .setCoder(AvroCoder.specific(HiddenStates.class));
  }

  private static final class EmbedFn
      extends DoFn<KV<Integer, Iterable<TokenSequence>>, HiddenStates> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("embed");
    private final PruningWork work;
    private transient @Nullable Opened opened;

    /** What a bundle holds, once it needs it. */
    private record Opened(TorchScope scope, LanguageModel model, NDArray table) {}

    EmbedFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<TokenSequence>> shard, OutputReceiver<HiddenStates> out)
        throws IOException {
      Optional<HiddenStates> finished = work.finished().states(0, shard.getKey());
      out.output(finished.isPresent() ? finished.get() : embed(shard));
    }

    private HiddenStates embed(KV<Integer, Iterable<TokenSequence>> shard) throws IOException {
      long begun = System.nanoTime();
      Opened held = open();
      List<TokenSequence> sequences =
          LanguageModel.inOrder(shard.getValue()).stream().filter(s -> s.getIndex() >= 0).toList();
      work.windows().keep(shard.getKey(), sequences);
      try (TorchScope scope = TorchScope.open(work.device())) {
        NDArray states = held.model().embed(scope, held.table(), sequences);
        List<Integer> lengths = sequences.stream().map(s -> s.getTokens().size()).toList();
        HiddenStates written = work.hiddenStates().write(0, shard.getKey(), lengths, states);
        metrics.shard(written, begun);
        return written;
      }
    }

    /** The table is as large as several layers, so it is read once a bundle, and not kept. */
    private Opened open() throws IOException {
      if (opened == null) {
        TorchScope scope = TorchScope.open(work.device());
        try {
          LanguageModel model = new LanguageModel(work.open());
          opened = new Opened(scope, model, model.embeddings(scope));
        } catch (IOException | RuntimeException e) {
          scope.close();
          throw e;
        }
      }
      return opened;
    }

    @FinishBundle
    public void giveBack() {
      if (opened != null) {
        opened.scope().close();
        opened = null;
      }
    }

    @Teardown
    public void close() {
      giveBack();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.stream.IntStream;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * The calibration windows that a former job of the run drew, from its work directory: see {@link
 * PruningWork#hasWindows}.
 */
public final class ReadWindows extends PTransform<PBegin, PCollection<TokenSequence>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;

  private ReadWindows(PruningWork work) {
    this.work = work;
  }

  /** Reads those of this run. */
  public static ReadWindows of(PruningWork work) {
    return new ReadWindows(work);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
  }

  @Override
  public PCollection<TokenSequence> expand(PBegin begin) {
    return begin
        .apply("Name shards", Create.of(IntStream.range(0, work.shards()).boxed().toList()))
        .apply("Spread shards", Reshuffle.viaRandomKey())
        .apply("Read shards", ParDo.of(new ReadFn(work)))
        .setCoder(AvroCoder.specific(TokenSequence.class));
  }

  private static final class ReadFn extends DoFn<Integer, TokenSequence> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    ReadFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(@Element Integer shard, OutputReceiver<TokenSequence> out)
        throws IOException {
      work.windows().read(shard).forEach(out::output);
    }
  }
}

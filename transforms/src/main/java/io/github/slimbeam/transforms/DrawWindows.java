// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.SamplePlan;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.schemas.TokenizedText;
import io.github.slimbeam.schemas.WindowPiece;
import io.github.slimbeam.transforms.calibration.TextStream;
import java.io.IOException;
import java.util.BitSet;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/**
 * Tokenised texts to the windows that a plan draws from them: texts of touched buckets are sorted
 * within their bucket, give up their pieces of windows, and those are joined.
 */
final class DrawWindows extends PTransform<PCollection<TokenizedText>, PCollection<TokenSequence>> {
  private final PCollectionView<SamplePlan> plan;
  private final int buckets;
  private final int length;

  /**
   * Draws by a plan.
   *
   * @param buckets how finely the plan divides the stream
   * @param length tokens of a window
   */
  DrawWindows(PCollectionView<SamplePlan> plan, int buckets, int length) {
    this.plan = plan;
    this.buckets = buckets;
    this.length = length;
  }

  @Override
  public PCollection<TokenSequence> expand(PCollection<TokenizedText> texts) {
    return texts
        .apply(
            "Keep touched", ParDo.of(new KeepTouchedFn(plan, buckets, length)).withSideInputs(plan))
        .setCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(TokenizedText.class)))
        .apply("Group buckets", GroupByKey.create())
        .apply("Cut pieces", ParDo.of(new CutFn(plan, length)).withSideInputs(plan))
        .setCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(WindowPiece.class)))
        .apply("Group pieces", GroupByKey.create())
        .apply("Assemble windows", ParDo.of(new AssembleFn(length)))
        .setCoder(AvroCoder.specific(TokenSequence.class));
  }

  private static final class KeepTouchedFn extends DoFn<TokenizedText, KV<Integer, TokenizedText>> {
    private final OncePerBundle<SamplePlan, BitSet> touched;
    private final int buckets;

    KeepTouchedFn(PCollectionView<SamplePlan> plan, int buckets, int length) {
      this.touched = OncePerBundle.of(plan, value -> TextStream.touched(value, length));
      this.buckets = buckets;
    }

    @StartBundle
    public void start() {
      touched.forget();
    }

    @ProcessElement
    public void process(@Element TokenizedText text, ProcessContext context) throws IOException {
      int bucket = TextStream.bucket(text, buckets);
      if (touched.in(context).get(bucket)) {
        context.output(KV.of(bucket, text));
      }
    }
  }

  private static final class CutFn
      extends DoFn<KV<Integer, Iterable<TokenizedText>>, KV<Integer, WindowPiece>> {
    private final OncePerBundle<SamplePlan, SamplePlan> plan;
    private final int length;

    CutFn(PCollectionView<SamplePlan> plan, int length) {
      this.plan = OncePerBundle.of(plan);
      this.length = length;
    }

    @StartBundle
    public void start() {
      plan.forget();
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<TokenizedText>> bucket, ProcessContext context)
        throws IOException {
      TextStream.cut(plan.in(context), bucket.getKey(), bucket.getValue(), length)
          .forEach(piece -> context.output(KV.of(piece.getWindow(), piece)));
    }
  }

  private static final class AssembleFn
      extends DoFn<KV<Integer, Iterable<WindowPiece>>, TokenSequence> {
    private final int length;

    AssembleFn(int length) {
      this.length = length;
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<WindowPiece>> window, OutputReceiver<TokenSequence> out) {
      out.output(TextStream.assemble(window.getKey(), window.getValue(), length));
    }
  }
}

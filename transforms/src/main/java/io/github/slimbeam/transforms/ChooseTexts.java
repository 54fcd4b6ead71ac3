// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.calibration.LongText;
import io.github.slimbeam.transforms.calibration.SampleRule;
import io.github.slimbeam.transforms.calibration.StreamPrefix;
import io.github.slimbeam.transforms.calibration.TextStream;
import java.io.IOException;
import java.util.Map;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * The texts that are worth tokenising, in pieces of a size that a tokenizer takes, and apart from
 * them the windows of token ids.
 *
 * <p>Of texts with more characters than a sample can need only those at the stream's beginning are
 * kept, as {@link StreamPrefix} says; of fewer, all. They are spread anew: one file is one task up
 * to here.
 */
final class ChooseTexts extends PTransform<PCollection<CalibrationText>, PCollectionTuple> {
  static final TupleTag<CalibrationText> TEXTS = new TupleTag<>("texts") {};
  static final TupleTag<CalibrationText> WINDOWS = new TupleTag<>("windows") {};

  /** The last range of the stream's beginning: one element. */
  static final TupleTag<Integer> LAST = new TupleTag<>("last") {};

  private static final TupleTag<KV<Integer, Long>> SIZES = new TupleTag<>("sizes") {};

  private final SampleRule rule;
  private final long budget;

  /** Keeps texts of at least {@code budget} characters, where there are as many. */
  ChooseTexts(SampleRule rule, long budget) {
    this.rule = rule;
    this.budget = budget;
  }

  @Override
  public PCollectionTuple expand(PCollection<CalibrationText> input) {
    PCollectionTuple parts =
        input.apply(
            "Weigh texts",
            ParDo.of(new WeighFn(rule, budget))
                .withOutputTags(TEXTS, TupleTagList.of(WINDOWS).and(SIZES)));
    PCollectionView<Map<Integer, Long>> sizes =
        parts.get(SIZES).apply("Sum sizes", Sum.longsPerKey()).apply("View sizes", View.asMap());
    PCollection<Integer> last =
        input
            .getPipeline()
            .apply("Name budget", Create.of(budget))
            .apply("Find end", ParDo.of(new FindEndFn(sizes)).withSideInputs(sizes));
    PCollectionView<Integer> end = last.apply("View end", View.asSingleton());
    AvroCoder<CalibrationText> coder = AvroCoder.specific(CalibrationText.class);
    PCollection<CalibrationText> chosen =
        parts
            .get(TEXTS)
            .setCoder(coder)
            .apply("Keep beginning", ParDo.of(new ChooseFn(rule, end)).withSideInputs(end))
            .setCoder(coder)
            .apply("Spread texts", Reshuffle.viaRandomKey());
    return PCollectionTuple.of(TEXTS, chosen)
        .and(WINDOWS, parts.get(WINDOWS).setCoder(coder))
        .and(LAST, last);
  }

  /** Leaves out what its own texts show to be beyond the beginning, and counts the others. */
  private static final class WeighFn extends DoFn<CalibrationText, CalibrationText> {
    private final SampleRule rule;
    private final long budget;
    private transient StreamPrefix seen;

    WeighFn(SampleRule rule, long budget) {
      this.rule = rule;
      this.budget = budget;
    }

    @Setup
    public void open() {
      seen = new StreamPrefix(budget);
    }

    @ProcessElement
    public void process(@Element CalibrationText text, MultiOutputReceiver out) {
      if (text.getTokens() != null) {
        rule.limits().checkWindow(text);
        out.get(WINDOWS).output(text);
        return;
      }
      check(text.getText() != null, "%s: neither text nor tokens", text.getSource());
      LongText.pieces(
          text.getText(),
          content -> {
            CalibrationText piece = new CalibrationText(text.getSource(), content, null);
            int range = StreamPrefix.range(TextStream.digest(piece, rule));
            long size = TextStream.size(piece);
            if (seen.add(range, size)) {
              out.get(TEXTS).output(piece);
              out.get(SIZES).output(KV.of(range, size));
            }
          });
    }
  }

  private static final class FindEndFn extends DoFn<Long, Integer> {
    private final PCollectionView<Map<Integer, Long>> sizes;

    FindEndFn(PCollectionView<Map<Integer, Long>> sizes) {
      this.sizes = sizes;
    }

    @ProcessElement
    public void process(@Element Long budget, ProcessContext context) {
      StreamPrefix prefix = new StreamPrefix(budget);
      context.sideInput(sizes).forEach(prefix::add);
      context.output(prefix.last());
    }
  }

  private static final class ChooseFn extends DoFn<CalibrationText, CalibrationText> {
    private final SampleRule rule;
    private final OncePerBundle<Integer, Integer> last;

    ChooseFn(SampleRule rule, PCollectionView<Integer> last) {
      this.rule = rule;
      this.last = OncePerBundle.of(last);
    }

    @StartBundle
    public void start() {
      last.forget();
    }

    @ProcessElement
    public void process(@Element CalibrationText text, ProcessContext context) throws IOException {
      int end = last.in(context);
      if (StreamPrefix.isWhole(end) || StreamPrefix.range(TextStream.digest(text, rule)) <= end) {
        context.output(text);
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.SamplePlan;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.schemas.TokenizedText;
import io.github.slimbeam.transforms.calibration.SampleRule;
import io.github.slimbeam.transforms.calibration.StreamPrefix;
import io.github.slimbeam.transforms.calibration.TextStream;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.FlatMapElements;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Sum;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Draws the calibration sample: N windows of T tokens, numbered from 0.
 *
 * <p>Texts are drawn from by SlimGPT's rule: all of them, tokenised, in one stream, windows at N
 * different random places; windows of token ids are taken as they are, in the order of their
 * sources. The package {@link io.github.slimbeam.transforms.calibration} says how this comes out
 * the same whatever the order of the elements, the runner and its parallelism.
 *
 * <p>Of very many texts only a random part is looked at: {@link
 * io.github.slimbeam.transforms.calibration.StreamPrefix}.
 *
 * <p><em>Cost</em>: each text of that part is tokenised once. Only texts of touched buckets are
 * shuffled: for each window its own T tokens and up to two buckets, each about 1/4096 of the stream
 * and at least a text. Groups are of the size of a bucket or of a window.
 *
 * <p><em>Reference</em>: Ling et al., NeurIPS 2024 (SlimGPT), 5.1, and the authors' code.
 *
 * <pre>{@code
 * PCollection<TokenSequence> windows =
 *     pipeline
 *         .apply("Read texts", ReadTexts.from("c4-*.parquet").withTextField("text"))
 *         .apply("Draw windows", SampleSequences.using(model).withSequences(128).withSeed(1));
 * }</pre>
 */
public final class SampleSequences
    extends PTransform<PCollection<CalibrationText>, PCollection<TokenSequence>> {
  private final String tokenizerDirectory;
  private final SampleRule rule;
  private final int buckets;
  private final long budget;

  private SampleSequences(String tokenizerDirectory, SampleRule rule, int buckets, long budget) {
    this.tokenizerDirectory = tokenizerDirectory;
    this.rule = rule;
    this.buckets = buckets;
    this.budget = budget;
  }

  /** Tokenises with the {@code tokenizer.json} in this directory, which only texts need. */
  public static SampleSequences using(String tokenizerDirectory) {
    TokenLimits limits = new TokenLimits(2048, TokenLimits.UNLIMITED);
    return new SampleSequences(
        tokenizerDirectory, new SampleRule(SampleRule.NOT_GIVEN, 0, limits), 4096, 0);
  }

  /** Number of windows. If not given: 128 of texts; of windows of token ids, all there are. */
  public SampleSequences withSequences(int sequences) {
    check(sequences >= 1, "⟨sequences⟩ must be at least 1, found %d", sequences);
    return with(new SampleRule(sequences, rule.seed(), rule.limits()));
  }

  /** Tokens of a window, and the most that a window of token ids may have; 2048 if not given. */
  public SampleSequences withSequenceLength(int sequenceLength) {
    TokenLimits limits = new TokenLimits(sequenceLength, rule.limits().vocabularySize());
    return with(new SampleRule(rule.sequences(), rule.seed(), limits));
  }

  /** Another seed gives another sample of the texts; 0 if not given. */
  public SampleSequences withSeed(long seed) {
    return with(new SampleRule(rule.sequences(), seed, rule.limits()));
  }

  /** Rejects token ids from this one on; none if not given. */
  public SampleSequences withVocabularySize(int vocabularySize) {
    TokenLimits limits = new TokenLimits(rule.limits().sequenceLength(), vocabularySize);
    return with(new SampleRule(rule.sequences(), rule.seed(), limits));
  }

  /** How finely the stream is divided; the sample does not depend on it. */
  SampleSequences withBuckets(int number) {
    return new SampleSequences(tokenizerDirectory, rule, number, budget);
  }

  /** Draws from texts of at least so many characters; as many as the sample can need otherwise. */
  SampleSequences withBudget(long characters) {
    return new SampleSequences(tokenizerDirectory, rule, buckets, characters);
  }

  private SampleSequences with(SampleRule other) {
    return new SampleSequences(tokenizerDirectory, other, buckets, budget);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("sequences", rule.drawn()).withLabel("Windows"));
    builder.add(
        DisplayData.item("sequenceLength", rule.limits().sequenceLength())
            .withLabel("Tokens of a window"));
    builder.add(DisplayData.item("seed", rule.seed()).withLabel("Seed"));
  }

  @Override
  public PCollection<TokenSequence> expand(PCollection<CalibrationText> input) {
    check(
        input.isBounded() == PCollection.IsBounded.BOUNDED,
        "calibration texts must be a bounded collection: a sample of an endless one cannot be drawn");
    PCollectionTuple parts =
        input
            .apply("Join windows", Window.into(new GlobalWindows()))
            .apply("Choose texts", new ChooseTexts(rule, budget > 0 ? budget : rule.budget()));
    PCollection<TokenizedText> texts =
        parts
            .get(ChooseTexts.TEXTS)
            .apply("Tokenize texts", ParDo.of(new TokenizeFn(tokenizerDirectory, rule)))
            .setCoder(AvroCoder.specific(TokenizedText.class));
    PCollection<CalibrationText> windows = parts.get(ChooseTexts.WINDOWS);
    PCollection<SamplePlan> planned = plan(texts, windows, parts.get(ChooseTexts.LAST));
    PCollectionView<SamplePlan> plan = planned.apply("View plan", View.asSingleton());
    return PCollectionList.of(
            texts.apply(
                "Draw windows", new DrawWindows(plan, buckets, rule.limits().sequenceLength())))
        .and(take(windows, plan))
        .and(nothingBefore(planned))
        .apply("Join sample", Flatten.pCollections());
  }

  /**
   * No window, but the sample is not complete before its plan: where that fails, nothing goes on.
   */
  private static PCollection<TokenSequence> nothingBefore(PCollection<SamplePlan> planned) {
    return planned
        .apply(
            "Await plan",
            FlatMapElements.into(TypeDescriptor.of(TokenSequence.class)).via(plan -> List.of()))
        .setCoder(AvroCoder.specific(TokenSequence.class));
  }

  private PCollection<SamplePlan> plan(
      PCollection<TokenizedText> texts,
      PCollection<CalibrationText> windows,
      PCollection<Integer> last) {
    PCollectionView<Map<Integer, Long>> bucketTokens =
        texts
            .apply("Count tokens", ParDo.of(new CountTokensFn(buckets)))
            .apply("Sum tokens", Sum.longsPerKey())
            .apply("View tokens", View.asMap());
    PCollectionView<List<String>> sources =
        windows
            .apply(
                "Name sources",
                MapElements.into(TypeDescriptors.strings()).via(CalibrationText::getSource))
            .apply("View sources", View.asList());
    return last.apply(
            "Plan sample",
            ParDo.of(new PlanFn(rule, buckets, bucketTokens, sources))
                .withSideInputs(bucketTokens, sources))
        .setCoder(AvroCoder.specific(SamplePlan.class));
  }

  private static PCollection<TokenSequence> take(
      PCollection<CalibrationText> windows, PCollectionView<SamplePlan> plan) {
    return windows
        .apply("Take windows", ParDo.of(new TakeFn(plan)).withSideInputs(plan))
        .setCoder(AvroCoder.specific(TokenSequence.class));
  }

  private static final class TokenizeFn extends DoFn<CalibrationText, TokenizedText> {
    private final String tokenizerDirectory;
    private final SampleRule rule;
    private transient TokenizerFile tokenizer;

    TokenizeFn(String tokenizerDirectory, SampleRule rule) {
      this.tokenizerDirectory = tokenizerDirectory;
      this.rule = rule;
    }

    @Setup
    public void open() {
      tokenizer = TokenizerFile.onDemand(new FileSystemsStorage(), tokenizerDirectory);
    }

    @ProcessElement
    public void process(@Element CalibrationText text, OutputReceiver<TokenizedText> tokenized) {
      tokenized.output(TextStream.tokenize(text, tokenizer, rule));
    }

    @Teardown
    public void close() {
      tokenizer.close();
    }
  }

  private static final class CountTokensFn extends DoFn<TokenizedText, KV<Integer, Long>> {
    private final int buckets;

    CountTokensFn(int buckets) {
      this.buckets = buckets;
    }

    @ProcessElement
    public void process(@Element TokenizedText text, OutputReceiver<KV<Integer, Long>> counts) {
      counts.output(KV.of(TextStream.bucket(text, buckets), (long) text.getTokens().size()));
    }
  }

  private static final class PlanFn extends DoFn<Integer, SamplePlan> {
    private final SampleRule rule;
    private final int buckets;
    private final PCollectionView<Map<Integer, Long>> bucketTokens;
    private final PCollectionView<List<String>> sources;

    PlanFn(
        SampleRule rule,
        int buckets,
        PCollectionView<Map<Integer, Long>> bucketTokens,
        PCollectionView<List<String>> sources) {
      this.rule = rule;
      this.buckets = buckets;
      this.bucketTokens = bucketTokens;
      this.sources = sources;
    }

    @ProcessElement
    public void process(@Element Integer last, ProcessContext context) {
      context.output(
          TextStream.plan(
              context.sideInput(bucketTokens),
              context.sideInput(sources),
              buckets,
              rule,
              StreamPrefix.isWhole(last)));
    }
  }

  private static final class TakeFn extends DoFn<CalibrationText, TokenSequence> {
    private final OncePerBundle<SamplePlan, SamplePlan> plan;

    TakeFn(PCollectionView<SamplePlan> plan) {
      this.plan = OncePerBundle.of(plan);
    }

    @StartBundle
    public void start() {
      plan.forget();
    }

    @ProcessElement
    public void process(@Element CalibrationText window, ProcessContext context)
        throws IOException {
      int index = TextStream.index(plan.in(context), window.getSource());
      if (index >= 0) {
        context.output(new TokenSequence(index, window.getTokens()));
      }
    }
  }
}

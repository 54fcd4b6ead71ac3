// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.schemas.ScoredQuestion;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.evaluation.ContinuationTokens;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.ContinuationScorer;
import io.github.slimbeam.transforms.forward.ContinuationScorer.Continuation;
import io.github.slimbeam.transforms.generation.SpecialTokens;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.torch.TorchDevice;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;

/**
 * Questions to the log-likelihoods of their choices under a model, dense or pruned, with the
 * tokenizer in its directory.
 *
 * <p>{@value #QUESTIONS_AT_ONCE} questions of a task, neighbours by number, are computed together,
 * whatever the runner's bundles: so the same questions give the same bits.
 *
 * <p><em>Cost</em>: a forward pass over every choice with its context; see {@link
 * ContinuationScorer}.
 */
public final class ScoreChoices
    extends PTransform<PCollection<ChoiceQuestion>, PCollection<ScoredQuestion>> {
  private static final long serialVersionUID = 1;
  private static final int QUESTIONS_AT_ONCE = 256;

  private final String model;
  private final String device;
  private final boolean specialTokens;

  private ScoreChoices(String model, String device, boolean specialTokens) {
    this.model = model;
    this.device = device;
    this.specialTokens = specialTokens;
  }

  /** Under the model in this directory. */
  public static ScoreChoices of(String model) {
    return new ScoreChoices(model, "auto", true);
  }

  /** Computed on this device of the workers: auto, cpu or cuda:N. */
  public ScoreChoices on(String name) {
    TorchDevice.check(name);
    return new ScoreChoices(model, name, specialTokens);
  }

  /** Whether the tokenizer adds its own special tokens to a context; it does if not said. */
  public ScoreChoices withSpecialTokens(boolean added) {
    return new ScoreChoices(model, device, added);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("model", model).withLabel("Model"));
    builder.add(DisplayData.item("device", device).withLabel("Device"));
    builder.add(DisplayData.item("specialTokens", specialTokens).withLabel("Special tokens"));
  }

  @Override
  public PCollection<ScoredQuestion> expand(PCollection<ChoiceQuestion> questions) {
    return questions
        .apply(
            "Number groups",
            WithKeys.<String, ChoiceQuestion>of(
                    q -> q.getTask() + " " + q.getNumber() / QUESTIONS_AT_ONCE)
                .withKeyType(TypeDescriptors.strings()))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), AvroCoder.specific(ChoiceQuestion.class)))
        .apply("Gather groups", GroupByKey.create())
        .apply("Score groups", ParDo.of(new ScoreFn(model, device, specialTokens)))
        .setCoder(AvroCoder.specific(ScoredQuestion.class));
  }

  private static final class ScoreFn
      extends DoFn<KV<String, Iterable<ChoiceQuestion>>, ScoredQuestion> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("choices");
    private final String directory;
    private final String device;
    private final boolean specialTokens;
    private transient ContinuationTokens tokens;
    private transient ContinuationScorer scorer;

    ScoreFn(String directory, String device, boolean specialTokens) {
      this.directory = directory;
      this.device = device;
      this.specialTokens = specialTokens;
    }

    @Setup
    public void open() throws IOException {
      FileSystemsStorage storage = new FileSystemsStorage();
      Model model = Model.open(storage, directory);
      ModelConfig config = model.config();
      TokenLimits limits = new TokenLimits(config.context(), config.vocabulary());
      scorer = ContinuationScorer.of(model);
      OptionalInt first = SpecialTokens.of(model.checkpoint()).first();
      tokens = ContinuationTokens.open(storage, directory, specialTokens, limits, first);
    }

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<ChoiceQuestion>> group, OutputReceiver<ScoredQuestion> out)
        throws IOException {
      long begun = System.nanoTime();
      List<ChoiceQuestion> questions =
          StreamSupport.stream(group.getValue().spliterator(), false)
              .sorted(Comparator.comparingInt(ChoiceQuestion::getNumber))
              .toList();
      List<Boolean> cut = new ArrayList<>();
      List<Continuation> all = new ArrayList<>();
      for (ChoiceQuestion question : questions) {
        cut.add(encode(question, all));
      }
      List<Double> scores;
      try (TorchScope scope = TorchScope.open(device)) {
        scores = scorer.logLikelihoods(all);
      }
      int next = 0;
      for (int i = 0; i < questions.size(); i++) {
        int end = next + questions.get(i).getChoices().size();
        out.output(
            new ScoredQuestion(
                questions.get(i), new ArrayList<>(scores.subList(next, end)), cut.get(i)));
        next = end;
      }
      metrics.windows(all.size(), all.stream().mapToLong(c -> c.tokens().size()).sum(), begun);
    }

    /** Adds a question's choices; tells whether a context had to be cut. */
    private boolean encode(ChoiceQuestion question, List<Continuation> all) {
      boolean cut = false;
      for (ChoiceText choice : question.getChoices()) {
        ContinuationTokens.Encoded encoded = tokens.encode(choice, question.getSource());
        all.add(new Continuation(encoded.tokens(), encoded.scored()));
        cut |= encoded.cut();
      }
      return cut;
    }

    @Teardown
    public void close() {
      if (tokens != null) {
        tokens.close();
      }
    }
  }
}

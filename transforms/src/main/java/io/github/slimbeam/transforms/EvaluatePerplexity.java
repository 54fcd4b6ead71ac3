// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.TorchDevice;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
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
 * Windows of held-out tokens to one sum of negative log-likelihoods under a model, dense or pruned.
 * Perplexity is exp(sum / tokens): every window is scored on its own, its first token is not.
 *
 * <p><em>Cost</em>: one forward pass. Windows are scored {@value #WINDOWS_AT_ONCE} at a time with
 * one sub-layer in memory, so the weights are read once for so many.
 *
 * <pre>{@code
 * PCollection<LikelihoodSum> sum =
 *     pipeline
 *         .apply("Read text", ReadHeldOutText.from("test.txt").using(model).withSequenceLength(2048))
 *         .apply("Measure", EvaluatePerplexity.of(model).on("cpu"));
 * }</pre>
 */
public final class EvaluatePerplexity
    extends PTransform<PCollection<TokenSequence>, PCollection<LikelihoodSum>> {
  private static final long serialVersionUID = 1;
  private static final int WINDOWS_AT_ONCE = 32;

  private final String model;
  private final String device;

  private EvaluatePerplexity(String model, String device) {
    this.model = model;
    this.device = device;
  }

  /** Under the model in this directory. */
  public static EvaluatePerplexity of(String model) {
    return new EvaluatePerplexity(model, "auto");
  }

  /** Computed on this device of the workers: auto, cpu or cuda:N. */
  public EvaluatePerplexity on(String name) {
    TorchDevice.check(name);
    return new EvaluatePerplexity(model, name);
  }

  /** exp(Σ −ln p / tokens). */
  public static double perplexity(LikelihoodSum sum) {
    return Math.exp(sum.getNegativeLogLikelihood() / sum.getTokens());
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("model", model).withLabel("Model"));
    builder.add(DisplayData.item("device", device).withLabel("Device"));
  }

  @Override
  public PCollection<LikelihoodSum> expand(PCollection<TokenSequence> windows) {
    return windows
        .apply(
            "Number groups",
            WithKeys.<Integer, TokenSequence>of(w -> w.getIndex() / WINDOWS_AT_ONCE)
                .withKeyType(TypeDescriptors.integers()))
        .setCoder(KvCoder.of(VarIntCoder.of(), AvroCoder.specific(TokenSequence.class)))
        .apply("Gather groups", GroupByKey.create())
        .apply("Score groups", ParDo.of(new ScoreFn(model, device)))
        .setCoder(
            KvCoder.of(
                StringUtf8Coder.of(),
                KvCoder.of(VarIntCoder.of(), AvroCoder.specific(LikelihoodSum.class))))
        .apply("Add groups", SumInOrder.by(EvaluatePerplexity::sum))
        .apply("Drop key", Values.create());
  }

  private static final class ScoreFn
      extends DoFn<KV<Integer, Iterable<TokenSequence>>, KV<String, KV<Integer, LikelihoodSum>>> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("evaluate");
    private final String directory;
    private final String device;
    private transient LanguageModel model;

    ScoreFn(String directory, String device) {
      this.directory = directory;
      this.device = device;
    }

    @Setup
    public void open() throws IOException {
      model = new LanguageModel(Model.open(new FileSystemsStorage(), directory));
    }

    @ProcessElement
    public void process(
        @Element KV<Integer, Iterable<TokenSequence>> group,
        OutputReceiver<KV<String, KV<Integer, LikelihoodSum>>> out)
        throws IOException {
      long begun = System.nanoTime();
      List<TokenSequence> windows = LanguageModel.inOrder(group.getValue());
      try (TorchScope scope = TorchScope.open(device)) {
        LikelihoodSum sum = model.likelihood(windows);
        metrics.windows(windows.size(), sum.getTokens(), begun);
        out.output(KV.of("", KV.of(group.getKey(), sum)));
      }
    }
  }

  private static LikelihoodSum sum(LikelihoodSum a, LikelihoodSum b) {
    return new LikelihoodSum(
        a.getNegativeLogLikelihood() + b.getNegativeLogLikelihood(),
        a.getTokens() + b.getTokens(),
        a.getWindows() + b.getWindows());
  }
}

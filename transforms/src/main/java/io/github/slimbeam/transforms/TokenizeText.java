// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.calibration.TextDigest;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;

/**
 * Draws windows of tokens from a pipeline's own texts, as {@link SampleSequences} does from those
 * of files.
 *
 * <pre>{@code
 * PCollection<TokenSequence> windows =
 *     texts.apply(
 *         "Draw windows", TokenizeText.using(model).withSequences(128).withSequenceLength(2048));
 * }</pre>
 */
public final class TokenizeText
    extends PTransform<PCollection<String>, PCollection<TokenSequence>> {
  private final SampleSequences sample;

  private TokenizeText(SampleSequences sample) {
    this.sample = sample;
  }

  /** Tokenises with the {@code tokenizer.json} in this directory. */
  public static TokenizeText using(String tokenizerDirectory) {
    return new TokenizeText(SampleSequences.using(tokenizerDirectory));
  }

  /** See {@link SampleSequences#withSequences}. */
  public TokenizeText withSequences(int sequences) {
    return new TokenizeText(sample.withSequences(sequences));
  }

  /** See {@link SampleSequences#withSequenceLength}. */
  public TokenizeText withSequenceLength(int sequenceLength) {
    return new TokenizeText(sample.withSequenceLength(sequenceLength));
  }

  /** See {@link SampleSequences#withSeed}. */
  public TokenizeText withSeed(long seed) {
    return new TokenizeText(sample.withSeed(seed));
  }

  /** See {@link SampleSequences#withVocabularySize}. */
  public TokenizeText withVocabularySize(int vocabularySize) {
    return new TokenizeText(sample.withVocabularySize(vocabularySize));
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.include("sample", sample);
  }

  @Override
  public PCollection<TokenSequence> expand(PCollection<String> texts) {
    return texts
        .apply("Name texts", ParDo.of(new NameFn()))
        .setCoder(AvroCoder.specific(CalibrationText.class))
        .apply("Sample sequences", sample);
  }

  private static final class NameFn extends DoFn<String, CalibrationText> {
    @ProcessElement
    public void process(@Element String text, OutputReceiver<CalibrationText> named) {
      named.output(new CalibrationText(TextDigest.sha256(text, "a text"), text, null));
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.calibration.HeldOutText;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.calibration.WindowProtocol;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads text for measuring perplexity: every window of T tokens, side by side, as {@link
 * HeldOutText} says. Files are named as for {@link ReadTexts} and read in the order of their paths,
 * by one worker, because a text is tokenised whole and its windows are numbered.
 */
public final class ReadHeldOutText extends PTransform<PBegin, PCollection<TokenSequence>> {
  private static final long serialVersionUID = 1;

  private final String filePattern;
  private final String tokenizerDirectory;
  private final WindowProtocol protocol;
  private final int vocabularySize;
  private final String textField;

  private ReadHeldOutText(
      String filePattern,
      String tokenizerDirectory,
      WindowProtocol protocol,
      int vocabularySize,
      String textField) {
    this.filePattern = filePattern;
    this.tokenizerDirectory = tokenizerDirectory;
    this.protocol = protocol;
    this.vocabularySize = vocabularySize;
    this.textField = textField;
  }

  /** Reads the files that match. */
  public static ReadHeldOutText from(String filePattern) {
    return new ReadHeldOutText(
        filePattern, ".", WindowProtocol.of(2048), TokenLimits.UNLIMITED, TextFile.TEXT_FIELD);
  }

  /** Where {@code tokenizer.json} is; not looked for if all files hold token ids. */
  public ReadHeldOutText using(String directory) {
    return new ReadHeldOutText(filePattern, directory, protocol, vocabularySize, textField);
  }

  /** How windows are cut; {@link WindowProtocol#of} 2048 tokens if not given. */
  public ReadHeldOutText by(WindowProtocol other) {
    return new ReadHeldOutText(filePattern, tokenizerDirectory, other, vocabularySize, textField);
  }

  /** As {@link #by}, with windows of so many tokens and all else as usual. */
  public ReadHeldOutText withSequenceLength(int sequenceLength) {
    return by(WindowProtocol.of(sequenceLength));
  }

  /** Rejects token ids from this one on; none if not given. */
  public ReadHeldOutText withVocabularySize(int size) {
    return new ReadHeldOutText(filePattern, tokenizerDirectory, protocol, size, textField);
  }

  /**
   * The field of JSON lines, or the column of Parquet, that holds text; {@code text} if not given.
   */
  public ReadHeldOutText withTextField(String name) {
    return new ReadHeldOutText(filePattern, tokenizerDirectory, protocol, vocabularySize, name);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("filePattern", filePattern).withLabel("Files"));
    builder.add(DisplayData.item("textField", textField).withLabel("Field or column of text"));
    builder.add(
        DisplayData.item("sequenceLength", protocol.sequenceLength())
            .withLabel("Tokens of a window"));
  }

  @Override
  public PCollection<TokenSequence> expand(PBegin begin) {
    return begin
        .apply("Name pattern", Create.of(filePattern))
        .apply("Read windows", ParDo.of(new ReadFn(this)))
        .setCoder(AvroCoder.specific(TokenSequence.class));
  }

  private static final class ReadFn extends DoFn<String, TokenSequence> {
    private static final long serialVersionUID = 1;
    private final ReadHeldOutText read;

    ReadFn(ReadHeldOutText read) {
      this.read = read;
    }

    @ProcessElement
    public void process(@Element String filePattern, OutputReceiver<TokenSequence> windows)
        throws IOException {
      WindowProtocol protocol = read.protocol;
      try (TokenizerFile tokenizer =
          TokenizerFile.onDemand(
              new FileSystemsStorage(), read.tokenizerDirectory, protocol.specialTokens())) {
        HeldOutText text =
            new HeldOutText(
                tokenizer,
                new TokenLimits(protocol.sequenceLength(), read.vocabularySize),
                protocol.join(),
                windows::output);
        for (Metadata file : ReadTexts.match(filePattern)) {
          read(file, text);
        }
        text.checkAny(filePattern);
      }
    }

    private void read(Metadata file, HeldOutText text) throws IOException {
      String path = file.resourceId().toString();
      if (TextFile.isJsonLines(path) || TextFile.isParquet(path)) {
        List<CalibrationText> all = new ArrayList<>();
        ReadTexts.read(file, ReadTexts.WHOLE, read.textField, all::add);
        text.join(path, all);
      } else {
        ReadTexts.read(file, text::readWhole);
      }
    }
  }
}

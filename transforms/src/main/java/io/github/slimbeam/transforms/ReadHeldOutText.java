package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.calibration.HeldOutText;
import io.github.slimbeam.transforms.calibration.TokenLimits;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.util.zip.ZipException;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads text for measuring perplexity: every window of T tokens, side by side, as {@link
 * HeldOutText} says. Files are named as for {@link ReadTexts} and read in the order of their paths,
 * by one worker, because a text is tokenised whole and its windows are numbered.
 */
public final class ReadHeldOutText extends PTransform<PBegin, PCollection<TokenSequence>> {
  private final String filePattern;
  private final String tokenizerDirectory;
  private final TokenLimits limits;

  private ReadHeldOutText(String filePattern, String tokenizerDirectory, TokenLimits limits) {
    this.filePattern = filePattern;
    this.tokenizerDirectory = tokenizerDirectory;
    this.limits = limits;
  }

  /** Reads the files that match. */
  public static ReadHeldOutText from(String filePattern) {
    return new ReadHeldOutText(filePattern, ".", new TokenLimits(2048, TokenLimits.UNLIMITED));
  }

  /** Where {@code tokenizer.json} is; not looked for if all files hold token ids. */
  public ReadHeldOutText using(String directory) {
    return new ReadHeldOutText(filePattern, directory, limits);
  }

  /** Tokens of a window; 2048 if not given. */
  public ReadHeldOutText withSequenceLength(int sequenceLength) {
    return new ReadHeldOutText(
        filePattern, tokenizerDirectory, new TokenLimits(sequenceLength, limits.vocabularySize()));
  }

  /** Rejects token ids from this one on; none if not given. */
  public ReadHeldOutText withVocabularySize(int vocabularySize) {
    return new ReadHeldOutText(
        filePattern, tokenizerDirectory, new TokenLimits(limits.sequenceLength(), vocabularySize));
  }

  @Override
  public PCollection<TokenSequence> expand(PBegin begin) {
    return begin
        .apply("Pattern", Create.of(filePattern))
        .apply("Read", ParDo.of(new ReadFn(tokenizerDirectory, limits)))
        .setCoder(AvroCoder.specific(TokenSequence.class));
  }

  private static final class ReadFn extends DoFn<String, TokenSequence> {
    private final String tokenizerDirectory;
    private final TokenLimits limits;

    ReadFn(String tokenizerDirectory, TokenLimits limits) {
      this.tokenizerDirectory = tokenizerDirectory;
      this.limits = limits;
    }

    @ProcessElement
    public void process(@Element String filePattern, OutputReceiver<TokenSequence> windows)
        throws IOException {
      try (TokenizerFile tokenizer =
          TokenizerFile.onDemand(new FileSystemsStorage(), tokenizerDirectory)) {
        HeldOutText text = new HeldOutText(tokenizer, limits, windows::output);
        for (Metadata file : ReadTexts.match(filePattern)) {
          String path = file.resourceId().toString();
          try (InputStream bytes =
              Channels.newInputStream(
                  Compression.detect(path).readDecompressed(FileSystems.open(file.resourceId())))) {
            text.read(path, bytes);
          } catch (EOFException | ZipException e) {
            throw ReadTexts.damaged(path, e);
          }
        }
        text.checkAny(filePattern);
      }
    }
  }
}

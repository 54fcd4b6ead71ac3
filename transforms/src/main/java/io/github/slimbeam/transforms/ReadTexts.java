// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.calibration.ParquetTexts;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.filesystems.CompressedFile;
import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.io.fs.MetadataCoder;
import org.apache.beam.sdk.io.range.OffsetRange;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads calibration texts, or windows of token ids, from files: see {@link TextFile} for what may
 * stand in them. Compressed files are recognised by their names.
 *
 * <p>The pattern is one or several globs of Beam's file systems with commas between them; a file
 * that several of them match is read once. A local file that has a pattern's very name is that
 * file.
 *
 * <p>Large files that are not compressed are read in parts, by as many tasks.
 *
 * <pre>{@code
 * PCollection<CalibrationText> texts =
 *     pipeline.apply("Read texts", ReadTexts.from("c4/*.jsonl.zst,own/*.txt"));
 * }</pre>
 */
public final class ReadTexts extends PTransform<PBegin, PCollection<CalibrationText>> {
  private static final Pattern COMMA_OUTSIDE_BRACES = Pattern.compile(",(?![^{]*\\})");

  static final OffsetRange WHOLE = new OffsetRange(0, Long.MAX_VALUE);
  private static final long PART_BYTES = 64L << 20;
  private static final int REMARKED = 16;

  private final String filePattern;
  private final String textField;
  private final long partBytes;

  private ReadTexts(String filePattern, String textField, long partBytes) {
    this.filePattern = filePattern;
    this.textField = textField;
    this.partBytes = partBytes;
  }

  /** Reads the files that match. */
  public static ReadTexts from(String filePattern) {
    return new ReadTexts(filePattern, TextFile.TEXT_FIELD, PART_BYTES);
  }

  /**
   * The field of JSON lines, or the column of Parquet, that holds text; {@code text} if not given.
   */
  public ReadTexts withTextField(String name) {
    return new ReadTexts(filePattern, name, partBytes);
  }

  /**
   * Checks, before anything runs, that every glob matches a file.
   *
   * @throws BadInputException naming the glob that matches none
   */
  public static void checkMatches(String filePattern) {
    match(filePattern);
  }

  /** The patterns of a comma-separated list. */
  public static List<String> patterns(String filePattern) {
    return COMMA_OUTSIDE_BRACES.splitAsStream(filePattern).map(String::strip).toList();
  }

  /**
   * Paths of the files that match, sorted.
   *
   * @throws BadInputException naming the glob that matches none
   */
  public static List<String> files(String filePattern) {
    return match(filePattern).stream().map(file -> file.resourceId().toString()).toList();
  }

  /** The files that match, sorted by path. */
  static List<Metadata> match(String filePattern) {
    TreeMap<String, Metadata> files = new TreeMap<>(Comparator.naturalOrder());
    for (String pattern : patterns(filePattern)) {
      String glob = FilePath.resolve("file pattern", pattern);
      Optional<Metadata> named = named(glob);
      if (named.isPresent()) {
        files.put(glob, named.get());
        continue;
      }
      check(
          !isMissing(glob),
          "no file matches \"%s\": check the path, and quote globs so that the shell leaves them alone",
          glob);
      List<Metadata> found;
      List<Metadata> readable;
      try {
        found = FileSystemsStorage.match(glob);
        readable = FileSystemsStorage.files(found);
      } catch (IOException | IllegalArgumentException e) {
        throw new BadInputException(
            "\"" + glob + "\" cannot be searched for files: " + e.getMessage(), e);
      }
      check(
          !found.isEmpty(),
          "no file matches \"%s\": check the path, and quote globs so that the shell leaves them alone",
          glob);
      check(
          !readable.isEmpty(),
          "\"%s\" is a directory: name its files, such as %s/*.txt",
          glob,
          glob);
      readable.forEach(file -> files.put(file.resourceId().toString(), file));
    }
    return List.copyOf(files.values());
  }

  /** A local file of just this name, whatever a glob would make of the characters in it. */
  private static Optional<Metadata> named(String path) {
    if (!FilePath.isLocal(path) || !Files.isRegularFile(Path.of(path))) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          Metadata.builder()
              .setResourceId(FilePath.file(path))
              .setSizeBytes(Files.size(Path.of(path)))
              .setIsReadSeekEfficient(true)
              .build());
    } catch (IOException e) {
      throw new BadInputException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** What is made of a file's content. */
  @FunctionalInterface
  interface Reading {
    void read(String path, InputStream bytes) throws IOException;
  }

  /**
   * Reads a file, decompressed.
   *
   * @throws BadInputException naming it, if it cannot be decompressed
   */
  static void read(Metadata file, Reading reading) throws IOException {
    String path = file.resourceId().toString();
    CompressedFile.read(file, bytes -> reading.read(path, bytes));
  }

  /**
   * What may surprise about the files that match: one line each, and nothing for most. Only the
   * beginnings of the first {@value #REMARKED} files are looked at.
   *
   * @throws BadInputException if one of them is not text, saying what it is
   */
  public static List<String> remarks(String filePattern) {
    List<String> remarks = new ArrayList<>();
    for (Metadata file : match(filePattern).stream().limit(REMARKED).toList()) {
      String path = file.resourceId().toString();
      try {
        read(file, (name, bytes) -> TextFile.remark(name, bytes).ifPresent(remarks::add));
      } catch (IOException e) {
        throw new BadInputException(path + ": cannot be read: " + e.getMessage(), e);
      }
    }
    return remarks;
  }

  /** Said before Beam walks the whole tree below the parent of a local file that is not there. */
  private static boolean isMissing(String glob) {
    return !glob.matches(".*[*?{\\[\\\\].*")
        && FilePath.isLocal(glob)
        && !Files.exists(FilePath.local(glob));
  }

  /** How large a part of a file one task reads at most, where a file can be read from anywhere. */
  ReadTexts withPartBytes(long bytes) {
    return new ReadTexts(filePattern, textField, bytes);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    builder.add(DisplayData.item("filePattern", filePattern).withLabel("Files"));
    builder.add(DisplayData.item("textField", textField).withLabel("Field or column of text"));
  }

  @Override
  public PCollection<CalibrationText> expand(PBegin begin) {
    return begin
        .apply("Name pattern", Create.of(filePattern))
        .apply("Match files", ParDo.of(new MatchFn(partBytes)))
        .setCoder(KvCoder.of(MetadataCoder.of(), OffsetRange.Coder.of()))
        .apply("Spread parts", Reshuffle.viaRandomKey())
        .apply("Read parts", ParDo.of(new ReadFn(textField)))
        .setCoder(AvroCoder.specific(CalibrationText.class));
  }

  private static final class MatchFn extends DoFn<String, KV<Metadata, OffsetRange>> {
    private final long partBytes;

    MatchFn(long partBytes) {
      this.partBytes = partBytes;
    }

    @ProcessElement
    public void process(
        @Element String filePattern, OutputReceiver<KV<Metadata, OffsetRange>> parts) {
      for (Metadata file : match(filePattern)) {
        long size = file.sizeBytes();
        if (size <= partBytes || !file.isReadSeekEfficient() || CompressedFile.is(file)) {
          parts.output(KV.of(file, WHOLE));
        } else {
          new OffsetRange(0, size).split(partBytes, 1).forEach(r -> parts.output(KV.of(file, r)));
        }
      }
    }
  }

  /** Hands on the texts of a file, or of a part of it. */
  static void read(
      Metadata file, OffsetRange part, String textField, Consumer<CalibrationText> texts)
      throws IOException {
    String path = file.resourceId().toString();
    long from = part.getFrom();
    if (TextFile.isParquet(path)) {
      try (SeekableByteChannel channel = new FileSystemsStorage().open(path)) {
        ParquetTexts.read(path, channel, from, part.getTo(), textField, texts);
      }
    } else if (part.equals(WHOLE)) {
      read(file, (name, bytes) -> TextFile.read(name, bytes, textField, texts));
    } else {
      try (SeekableByteChannel channel = new FileSystemsStorage().open(path)) {
        channel.position(Math.max(0, from - 1));
        InputStream bytes = Channels.newInputStream(channel);
        TextFile.readRange(path, from, part.getTo(), bytes, textField, texts);
      }
    }
  }

  private static final class ReadFn extends DoFn<KV<Metadata, OffsetRange>, CalibrationText> {
    private final String textField;

    ReadFn(String textField) {
      this.textField = textField;
    }

    @ProcessElement
    public void process(
        @Element KV<Metadata, OffsetRange> part, OutputReceiver<CalibrationText> texts)
        throws IOException {
      read(part.getKey(), part.getValue(), textField, texts::output);
    }
  }
}

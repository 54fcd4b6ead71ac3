package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.zip.ZipException;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileIO;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;

/**
 * Reads calibration texts, or windows of token ids, from files: see {@link TextFile} for what may
 * stand in them. Compressed files are recognised by their names.
 *
 * <p>The pattern is one or several globs of Beam's file systems with commas between them; a file
 * that several of them match is read once.
 */
public final class ReadTexts extends PTransform<PBegin, PCollection<CalibrationText>> {
  private static final Pattern COMMA_OUTSIDE_BRACES = Pattern.compile(",(?![^{]*\\})");

  private final String filePattern;

  private ReadTexts(String filePattern) {
    this.filePattern = filePattern;
  }

  /** Reads the files that match. */
  public static ReadTexts from(String filePattern) {
    return new ReadTexts(filePattern);
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
    for (String glob : patterns(filePattern)) {
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
    try (InputStream bytes =
        Channels.newInputStream(
            Compression.detect(path).readDecompressed(FileSystems.open(file.resourceId())))) {
      reading.read(path, bytes);
    } catch (EOFException | ZipException e) {
      throw damaged(path, e);
    }
  }

  /** Said before Beam walks the whole tree below the parent of a local file that is not there. */
  private static boolean isMissing(String glob) {
    return !glob.matches(".*[*?{\\[\\\\].*")
        && FilePath.isLocal(glob)
        && !Files.exists(FilePath.local(glob));
  }

  @Override
  public PCollection<CalibrationText> expand(PBegin begin) {
    return begin
        .apply("Pattern", Create.of(filePattern))
        .apply("Match", ParDo.of(new MatchFn()))
        .apply("Spread", Reshuffle.viaRandomKey())
        .apply("Open", FileIO.readMatches().withCompression(Compression.AUTO))
        .apply("Read", ParDo.of(new ReadFn()))
        .setCoder(AvroCoder.specific(CalibrationText.class));
  }

  /** What decompressing a file threw, with the file's name. */
  static BadInputException damaged(String path, IOException e) {
    return new BadInputException(
        path + ": cannot be decompressed (" + e.getMessage() + "): damaged or cut off", e);
  }

  private static final class MatchFn extends DoFn<String, Metadata> {
    @ProcessElement
    public void process(@Element String filePattern, OutputReceiver<Metadata> files) {
      match(filePattern).forEach(files::output);
    }
  }

  private static final class ReadFn extends DoFn<FileIO.ReadableFile, CalibrationText> {
    @ProcessElement
    public void process(@Element FileIO.ReadableFile file, OutputReceiver<CalibrationText> texts)
        throws IOException {
      String path = file.getMetadata().resourceId().toString();
      try (InputStream bytes = Channels.newInputStream(file.open())) {
        TextFile.read(path, bytes, texts::output);
      } catch (EOFException | ZipException e) {
        throw damaged(path, e);
      }
    }
  }
}

package io.github.slimbeam.transforms.calibration;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A file of texts.
 *
 * <p>{@code .jsonl}, {@code .json} and {@code .ndjson}, also with a compression's suffix behind it,
 * are JSON lines: objects with a {@code text}, or with {@code input_ids}, a window of tokens that
 * is taken as it is. Every other file is plain text, in which blank lines separate documents; the
 * lines of a document are joined by {@code \n}, whichever newline the file uses.
 *
 * <p>The source of each text is {@code path:line}, the line being where it begins, with nine
 * digits: sources sort as the texts stand in the file.
 */
public final class TextFile {
  private static final Pattern JSON_LINES =
      Pattern.compile(
          "\\.(jsonl|json|ndjson)(\\.(gz|bz2|zst|deflate))?\\z", Pattern.CASE_INSENSITIVE);

  private TextFile() {}

  /** Whether the file's name says JSON lines. */
  public static boolean isJsonLines(String path) {
    return JSON_LINES.matcher(path).find();
  }

  /** The path of a file of JSON lines without what says that it is one; others as they are. */
  public static String withoutEnding(String path) {
    return JSON_LINES.matcher(path).replaceFirst("");
  }

  /**
   * Hands on the texts of a file, in order.
   *
   * <p><i>Cost:</i> one text at a time in memory.
   *
   * @param bytes the file's content, decompressed
   * @throws BadInputException naming file and line
   */
  public static void read(String path, InputStream bytes, Consumer<CalibrationText> texts)
      throws IOException {
    try {
      BufferedReader lines = StrictUtf8.reader(bytes);
      if (isJsonLines(path)) {
        readJsonLines(path, lines, texts);
      } else {
        readDocuments(path, lines, texts);
      }
    } catch (CharacterCodingException e) {
      throw StrictUtf8.invalid(path, e);
    }
  }

  /** The whole file as one text, exactly as it is but for a byte order mark. */
  static String readWhole(String path, InputStream bytes) throws IOException {
    StringWriter text = new StringWriter();
    try {
      StrictUtf8.reader(bytes).transferTo(text);
    } catch (CharacterCodingException e) {
      throw StrictUtf8.invalid(path, e);
    }
    return text.toString();
  }

  private static void readJsonLines(
      String path, BufferedReader lines, Consumer<CalibrationText> texts) throws IOException {
    long number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        texts.accept(JsonLine.parse(line, source(path, number)));
      }
    }
  }

  private static void readDocuments(
      String path, BufferedReader lines, Consumer<CalibrationText> texts) throws IOException {
    StringBuilder document = new StringBuilder();
    long first = 0;
    long number = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      number++;
      if (!line.isBlank()) {
        if (document.isEmpty()) {
          first = number;
        } else {
          document.append('\n');
        }
        document.append(line);
      } else if (!document.isEmpty()) {
        texts.accept(new CalibrationText(source(path, first), document.toString(), null));
        document.setLength(0);
      }
    }
    if (!document.isEmpty()) {
      texts.accept(new CalibrationText(source(path, first), document.toString(), null));
    }
  }

  private static String source(String path, long line) {
    return String.format(Locale.ROOT, "%s:%09d", path, line);
  }
}

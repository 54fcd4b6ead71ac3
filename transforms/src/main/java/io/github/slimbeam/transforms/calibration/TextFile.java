// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.charset.CharacterCodingException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A file of texts.
 *
 * <p>{@code .jsonl}, {@code .json} and {@code .ndjson}, also with a compression's suffix behind it,
 * are JSON lines: objects with a {@code text}, or with {@code input_ids}, a window of tokens that
 * is taken as it is. {@code .parquet} is {@link ParquetTexts}. Every other file is plain text, in
 * which blank lines separate documents; the lines of a document are joined by {@code \n}, whichever
 * newline the file uses.
 *
 * <p>The source of each text is {@code path:line}, the line being where it begins, with nine
 * digits: sources sort as the texts stand in the file. Pieces of a long text have one source.
 */
public final class TextFile {
  private static final Pattern JSON_LINES =
      Pattern.compile(
          "\\.(jsonl|json|ndjson)" + CompressedName.pattern() + "\\z", Pattern.CASE_INSENSITIVE);

  /** The field or column that holds text where no other is named. */
  public static final String TEXT_FIELD = "text";

  private static final Pattern PARQUET = Pattern.compile("\\.parquet\\z", Pattern.CASE_INSENSITIVE);

  private TextFile() {}

  /** Whether the file's name says JSON lines. */
  public static boolean isJsonLines(String path) {
    return JSON_LINES.matcher(path).find();
  }

  /** Whether the file's name says Parquet. */
  public static boolean isParquet(String path) {
    return PARQUET.matcher(path).find();
  }

  /** The path of JSON lines or Parquet without what says that it is such; others as they are. */
  public static String withoutEnding(String path) {
    return PARQUET.matcher(JSON_LINES.matcher(path).replaceFirst("")).replaceFirst("");
  }

  /**
   * What to say of a file that is read otherwise than people who write such a beginning mean.
   *
   * @param bytes the file's content, decompressed
   * @throws BadInputException if it is known for something other than text
   */
  public static Optional<String> remark(String path, InputStream bytes) throws IOException {
    if (isParquet(path)) {
      return Optional.empty();
    }
    InputStream buffered = new BufferedInputStream(bytes);
    ForeignFormat.refuse(buffered, path);
    return !isJsonLines(path) && ForeignFormat.looksLikeJsonLines(buffered.readNBytes(1024))
        ? Optional.of(
            path
                + ": begins as JSON lines do, but is read as plain text, braces and all:"
                + " let its name end in .jsonl if that is not meant")
        : Optional.empty();
  }

  /**
   * Hands on the texts of a file, in order.
   *
   * <p><em>Cost</em>: a line of JSON in memory, or one piece of a document: see {@link LongText}.
   *
   * @param bytes the file's content, decompressed
   * @param textField the field of JSON lines that holds text
   * @throws BadInputException naming file and line
   */
  public static void read(
      String path, InputStream bytes, String textField, Consumer<CalibrationText> texts)
      throws IOException {
    InputStream buffered = new BufferedInputStream(bytes);
    ForeignFormat.refuse(buffered, path);
    TextLines lines = new TextLines(buffered, 0);
    new TextRange(
            path,
            jsonField(path, textField),
            lines,
            0,
            Long.MAX_VALUE,
            () -> line(path, lines.number()))
        .read(texts);
  }

  /**
   * Hands on the texts of a part of a file, in order: those of all parts are those of the file. Of
   * JSON lines they are the lines that begin in it; of plain text the documents behind a blank line
   * that begins in it, to the first part also what the file begins with. In their sources the byte
   * stands in the place of the line, which would have to be counted from the file's beginning.
   *
   * @param from the part's first byte
   * @param to the first byte that is not the part's
   * @param bytes the file's content from the byte before the part on, or from the file's beginning
   */
  public static void readRange(
      String path,
      long from,
      long to,
      InputStream bytes,
      String textField,
      Consumer<CalibrationText> texts)
      throws IOException {
    InputStream buffered = new BufferedInputStream(bytes);
    if (from == 0) {
      ForeignFormat.refuse(buffered, path);
    }
    TextLines lines = new TextLines(buffered, Math.max(0, from - 1));
    if (from > 0) {
      lines.skipLine();
    }
    new TextRange(
            path, jsonField(path, textField), lines, from, to, () -> place(path, lines.begin()))
        .read(texts);
  }

  private static @Nullable String jsonField(String path, String textField) {
    return isJsonLines(path) ? textField : null;
  }

  /** The whole file as one text, exactly as it is but for a byte order mark. */
  static String readWhole(String path, InputStream bytes) throws IOException {
    StringWriter text = new StringWriter();
    try {
      StrictUtf8.reader(path, bytes).transferTo(text);
    } catch (CharacterCodingException e) {
      throw StrictUtf8.invalid(path, e);
    }
    return text.toString();
  }

  private static String line(String path, long line) {
    return String.format(Locale.ROOT, "%s:%09d", path, line);
  }

  private static String place(String path, long begin) {
    return String.format(Locale.ROOT, "%s:byte %015d", path, begin);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.schemas.CalibrationText;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The texts that belong to a range of a file's bytes. */
final class TextRange {
  private final String path;
  private final @Nullable String jsonField;
  private final TextLines lines;
  private final long from;
  private final long to;
  private final Supplier<String> source;

  /**
   * A range.
   *
   * @param jsonField the field of each line that holds text; null where blank lines separate
   *     documents
   * @param lines from the first line on that begins in the range
   * @param source names the line that was read last
   */
  TextRange(
      String path,
      @Nullable String jsonField,
      TextLines lines,
      long from,
      long to,
      Supplier<String> source) {
    this.path = path;
    this.jsonField = jsonField;
    this.lines = lines;
    this.from = from;
    this.to = to;
    this.source = source;
  }

  void read(Consumer<CalibrationText> texts) throws IOException {
    try {
      if (jsonField != null) {
        readJsonLines(jsonField, texts);
      } else {
        readDocuments(texts);
      }
    } catch (CharacterCodingException e) {
      throw StrictUtf8.invalid(path, e);
    }
  }

  private void readJsonLines(String field, Consumer<CalibrationText> texts) throws IOException {
    while (lines.startsBefore(to)) {
      String line = requireNonNull(lines.nextLine(), "a line starts before the range's end");
      if (!line.isBlank()) {
        texts.accept(JsonLine.parse(line, source.get(), field));
      }
    }
  }

  private void readDocuments(Consumer<CalibrationText> texts) throws IOException {
    Document document = new Document(texts);
    // Whether documents belong to this range: it has the blank line before them.
    boolean owned = from == 0;
    for (String part = lines.next(); part != null; part = lines.next()) {
      boolean beyond = lines.begin() >= to;
      if (lines.startsLine() && part.isBlank()) {
        document.end();
        owned = true;
      } else if (owned) {
        document.add(part);
      }
      if (beyond && document.isEmpty()) {
        return;
      }
    }
    document.end();
  }

  /** A document as it grows; pieces of long ones are handed on before its end. */
  private final class Document {
    private final Consumer<CalibrationText> texts;
    private final StringBuilder text = new StringBuilder();
    private String first = "";

    Document(Consumer<CalibrationText> texts) {
      this.texts = texts;
    }

    boolean isEmpty() {
      return text.isEmpty();
    }

    void add(String part) {
      if (isEmpty()) {
        first = source.get();
      } else if (lines.startsLine()) {
        text.append('\n');
      }
      text.append(part);
      LongText.cutWhole(text, this::hand);
    }

    void end() {
      if (!isEmpty()) {
        hand(text.toString());
        text.setLength(0);
      }
    }

    private void hand(String piece) {
      texts.accept(new CalibrationText(first, piece, null));
    }
  }
}

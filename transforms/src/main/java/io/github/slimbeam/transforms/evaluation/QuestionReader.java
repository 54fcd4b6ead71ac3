// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.transforms.calibration.JsonLine;
import io.github.slimbeam.transforms.calibration.ParquetObjects;
import io.github.slimbeam.transforms.calibration.StrictUtf8;
import io.github.slimbeam.transforms.calibration.TextFile;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The questions of a task's set: JSON lines or rows of Parquet, one question each, numbered through
 * all files; blank lines are passed over.
 */
public final class QuestionReader {
  private final ChoiceTask task;
  private final int limit;
  private final Labels labels;
  private final Consumer<ChoiceQuestion> questions;
  private int count;

  /** Files of labels, which some sets are published with. */
  @FunctionalInterface
  public interface Labels {
    /** The lines of a small text file, or nothing if there is no such file. */
    Optional<List<String>> lines(String path) throws IOException;
  }

  /**
   * Begins a set.
   *
   * @param limit only so many questions, from the first on
   */
  public QuestionReader(
      ChoiceTask task, int limit, Labels labels, Consumer<ChoiceQuestion> questions) {
    this.task = task;
    this.limit = limit;
    this.labels = labels;
    this.questions = questions;
  }

  /** Whether there are as many questions as asked for. */
  public boolean isFull() {
    return count >= limit;
  }

  /**
   * Hands on the questions of the next file, to its end or the limit.
   *
   * @param bytes the file's content, decompressed
   * @throws BadInputException naming file and line
   */
  public void read(String path, InputStream bytes) throws IOException {
    GoldFile gold = new GoldFile(path);
    try {
      BufferedReader lines = StrictUtf8.reader(path, bytes);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        gold.line++;
        if (isFull()) {
          return;
        }
        if (!line.isBlank()) {
          String source = path + ":" + gold.line;
          take(JsonLine.object(line, source), source, gold);
        }
      }
    } catch (CharacterCodingException e) {
      throw StrictUtf8.invalid(path, e);
    }
    gold.checkEnd();
  }

  /**
   * Hands on the questions of the next file, one a row, to its end or the limit.
   *
   * @param file a Parquet file's content
   * @throws BadInputException naming file and row
   */
  public void readParquet(String path, SeekableByteChannel file) throws IOException {
    GoldFile gold = new GoldFile(path);
    ParquetObjects.read(
        path,
        file,
        (row, source) -> {
          if (isFull()) {
            return false;
          }
          gold.line++;
          take(row, source, gold);
          return true;
        });
    if (!isFull()) {
      gold.checkEnd();
    }
  }

  private void take(JsonNode line, String source, GoldFile gold) throws IOException {
    questions.accept(task.question(line, source, count, gold::label));
    count++;
  }

  /**
   * To be called after the last file.
   *
   * @param pattern what the files were asked for by
   * @throws BadInputException if there was no question
   */
  public void checkAny(String pattern) {
    check(count > 0, "%s: no question of %s in it", pattern, task.name());
  }

  /** The labels beside one file of questions, line by line the same. */
  private final class GoldFile {
    private final String path;
    private int line;
    private String file = "";
    private @Nullable List<String> content;

    GoldFile(String path) {
      this.path = path;
    }

    String label(String pattern) throws IOException {
      if (content == null) {
        file = pattern.replace("{file}", TextFile.withoutEnding(path));
        content =
            labels
                .lines(file)
                .orElseThrow(() -> new WrongFieldException("there is no file of labels " + file));
      }
      check(
          line <= content.size(),
          "%s: %d labels, but %s has more lines: they are not of the same set",
          file,
          content.size(),
          path);
      return content.get(line - 1);
    }

    void checkEnd() {
      check(
          content == null || content.stream().skip(line).allMatch(String::isBlank),
          "%s: more labels than the %d lines of %s: they are not of the same set",
          file,
          line,
          path);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ChoiceText;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Sets of a question or two each, written for the tests in the forms in which sets are published.
 */
final class MiniatureSets {
  private static final Path FIXTURES = Path.of("src/test/resources/fixtures");

  private MiniatureSets() {}

  /** All questions of a file. */
  static List<ChoiceQuestion> read(String task, String file) throws IOException {
    boolean parquet = file.endsWith(".parquet");
    Path path = FIXTURES.resolve(parquet ? "parquet" : "tasks").resolve(file);
    List<ChoiceQuestion> questions = new ArrayList<>();
    QuestionReader reader =
        new QuestionReader(
            ChoiceTask.bundled(task), Integer.MAX_VALUE, MiniatureSets::lines, questions::add);
    if (parquet) {
      try (SeekableByteChannel channel = Files.newByteChannel(path)) {
        reader.readParquet(path.toString(), channel);
      }
    } else {
      try (InputStream bytes = Files.newInputStream(path)) {
        reader.read(path.toString(), bytes);
      }
    }
    return questions;
  }

  /** The questions of lines that are in no file. */
  static List<ChoiceQuestion> of(ChoiceTask task, String... lines) throws IOException {
    List<ChoiceQuestion> questions = new ArrayList<>();
    new QuestionReader(task, Integer.MAX_VALUE, path -> Optional.empty(), questions::add)
        .read("set.jsonl", bytes(String.join("\n", lines)));
    return questions;
  }

  static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  static List<String> contexts(ChoiceQuestion question) {
    return question.getChoices().stream().map(ChoiceText::getContext).toList();
  }

  static List<String> continuations(ChoiceQuestion question) {
    return question.getChoices().stream().map(ChoiceText::getContinuation).toList();
  }

  private static Optional<List<String>> lines(String path) throws IOException {
    Path file = Path.of(path);
    return Files.exists(file) ? Optional.of(Files.readAllLines(file)) : Optional.empty();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows that pyarrow wrote, by {@code fixtures/parquet.py}, are the lines that they were. */
class ParquetQuestionsTest {
  private static final Path PARQUET = Path.of("src/test/resources/fixtures/parquet");

  @ParameterizedTest
  @CsvSource({
    "arc_easy,arc",
    "arc_challenge,arc-flattened",
    "boolq,boolq-first",
    "boolq,boolq-flattened",
    "boolq,boolq-superglue",
    "hellaswag,hellaswag",
    "openbookqa,openbookqa",
    "openbookqa,openbookqa-flattened",
    "piqa,piqa",
    "piqa,valid",
    "winogrande,winogrande"
  })
  void rowsAreTheQuestionsThatLinesAre(String task, String set) throws IOException {
    List<ChoiceQuestion> rows = MiniatureSets.read(task, set + ".parquet");
    List<ChoiceQuestion> lines = MiniatureSets.read(task, set + ".jsonl");
    assertThat(rows)
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("source")
        .containsExactlyElementsOf(lines);
    assertThat(rows.get(0).getSource()).isEqualTo(PARQUET.resolve(set) + ".parquet:000000001");
  }

  @Test
  void looksAtNothingBehindTheLimit() throws IOException {
    List<ChoiceQuestion> questions = new ArrayList<>();
    QuestionReader reader =
        new QuestionReader(ChoiceTask.bundled("piqa"), 3, path -> Optional.empty(), questions::add);
    for (int file = 0; file < 3; file++) {
      read(reader, "piqa");
    }
    assertThat(questions).extracting(ChoiceQuestion::getNumber).containsExactly(0, 1, 2);
    assertThat(reader.isFull()).isTrue();
  }

  @Test
  void namesRowAndColumn() {
    assertThatThrownBy(() -> MiniatureSets.read("boolq", "piqa.parquet"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            PARQUET + "/piqa.parquet:000000001: no question of boolq: field passage is missing")
        .hasMessageContaining("(the line has the fields [goal, sol1, sol2, label])");
  }

  private static void read(QuestionReader reader, String set) throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(PARQUET.resolve(set + ".parquet"))) {
      reader.readParquet(set + ".parquet", channel);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lines that make no question: where they stand, what was expected, what was found. */
class BadQuestionsTest {
  private static final String GOOD = "{\"question\":\"q\",\"passage\":\"p\",\"label\":true}\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "boolq | {\"passage\":\"p\",\"label\":true} | field question is missing",
        "boolq | {\"question\":[\"q\"],\"passage\":{},\"label\":1} | field passage: expected text or a number, found an object",
        "boolq | {\"question\":\"q\",\"passage\":\"p\",\"label\":2} | the right answer is \"2\", expected one of the labels [0, 1]",
        "boolq | {\"question\":\"q\",\"passage\":\"p\",\"label\":null} | field label is missing; in another form of the set: field title is missing",
        "boolq | {\"question\":\"q\"} | (the line has the fields [question])",
        "piqa | {\"goal\":\"g\",\"sol1\":\"a\",\"sol2\":\"b\"} | field label is missing; in another form of the set: there is no file of labels set-labels.lst",
        "piqa | {\"goal\":\"g\",\"sol1\":\"a\",\"sol2\":\"b\",\"label\":-1} | the right answer is \"-1\", expected one of the labels [0, 1]",
        "winogrande | {\"sentence\":\"No gap.\",\"option1\":\"a\",\"option2\":\"b\",\"answer\":\"1\"} | field sentence: expected a _ in it, found none",
        "winogrande | {\"sentence\":\"A _.\",\"option1\":\"a\",\"option2\":\"b\",\"answer\":\"\"} | the right answer is \"\", expected one of the labels [1, 2]",
        "hellaswag | {\"activity_label\":\"a\",\"ctx_a\":\"b\",\"ctx_b\":\"c\",\"label\":0,\"endings\":[\"d\"]} | 1 choices, expected 2 at least",
        "arc_easy | {\"question\":\"q\",\"choices\":{\"text\":[\"a\",\"b\"],\"label\":[\"A\"]},\"answerKey\":\"A\"} | 2 choices with 1 labels [A]",
        "arc_easy | {\"question\":\"q\",\"choices\":[\"a\",\"b\"],\"answerKey\":\"A\"} | field choices.text is missing",
        "openbookqa | [1] | a JSON array, expected JSON lines, one object a line",
        "openbookqa | {\"id\": | the JSON object does not end on this line",
        "openbookqa | {\"id\":NaN} | the field id is NaN or infinite, which JSON does not have",
        "openbookqa | {\"id\":1,\"id\":2} | the field id stands twice in it",
      })
  void namesFileLineAndField(String task, String line, String said) {
    assertThatThrownBy(() -> MiniatureSets.of(ChoiceTask.bundled(task), "", line))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("set.jsonl:2: ")
        .hasMessageContaining(said);
  }

  @Test
  void saysWhatIsGivenForQuestions() {
    byte[] parquet = {'P', 'A', 'R', '1', 0x15, 4};
    assertThatThrownBy(
            () -> reader(9, new ArrayList<>()).read("a", new ByteArrayInputStream(parquet)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            "a: not text but a Parquet file: let its name end in .parquet, or convert it to JSON lines");
  }

  @Test
  void refusesHalfACharacter() {
    String line = "{\"question\":\"q\",\"passage\":\"\\ud83d\",\"label\":true}";
    assertThatThrownBy(() -> MiniatureSets.of(ChoiceTask.bundled("boolq"), line))
        .hasMessageContaining("set.jsonl:1: the text is not valid Unicode");
  }

  @Test
  void saysThatTheSetIsEmpty() throws IOException {
    QuestionReader reader = reader(9, new ArrayList<>());
    reader.read("empty.jsonl", MiniatureSets.bytes("\n\n"));
    assertThatThrownBy(() -> reader.checkAny("*.jsonl"))
        .hasMessage("*.jsonl: no question of boolq in it");
  }

  @Test
  void looksAtNothingBehindTheLimit() throws IOException {
    List<ChoiceQuestion> questions = new ArrayList<>();
    QuestionReader reader = reader(2, questions);
    reader.read("a.jsonl", MiniatureSets.bytes(GOOD));
    reader.read("b.jsonl", MiniatureSets.bytes(GOOD + "not JSON"));
    assertThat(questions)
        .extracting(ChoiceQuestion::getSource)
        .containsExactly("a.jsonl:1", "b.jsonl:1");
  }

  @ParameterizedTest
  @CsvSource({
    "1,goals-labels.lst: 1 labels but goals.jsonl.gz has more lines: they are not of the same set",
    "3,goals-labels.lst: more labels than the 2 lines of goals.jsonl.gz: they are not of the same set"
  })
  void namesLabelsOfAnotherSet(int labels, String said) {
    String line = "{\"goal\":\"g\",\"sol1\":\"a\",\"sol2\":\"b\"}\n";
    QuestionReader reader =
        new QuestionReader(
            ChoiceTask.bundled("piqa"),
            9,
            path -> Optional.of(Collections.nCopies(labels, "1")),
            question -> {});
    assertThatThrownBy(() -> reader.read("goals.jsonl.gz", MiniatureSets.bytes(line + line)))
        .hasMessage(said.replace("labels but", "labels, but"));
  }

  private static QuestionReader reader(int limit, List<ChoiceQuestion> questions) {
    return new QuestionReader(
        ChoiceTask.bundled("boolq"), limit, path -> Optional.empty(), questions::add);
  }
}

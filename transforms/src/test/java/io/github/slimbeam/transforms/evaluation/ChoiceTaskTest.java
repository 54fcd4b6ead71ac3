// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ChoiceText;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChoiceTaskTest {

  @Test
  void readsASetOfOnesOwn() throws IOException {
    ChoiceTask task =
        ChoiceTask.parse(
            """
            {"name": "own", "metrics": "acc", "delimiter": "", "clean": {"pattern": "x+", "with": "$1"},
             "context": "{a.b|strip|capitalize}xx {n}: ", "choices": ["{c}", "never"], "gold": "{d}", "labels": ["y", "n"]}
            """,
            "own.json");
    ChoiceQuestion question =
        MiniatureSets.of(task, "{\"a\":{\"b\":\"\\u00a0ÄH Bé \"},\"n\":7,\"c\":\"\",\"d\":\"n \"}")
            .get(0);
    assertThat(MiniatureSets.contexts(question)).containsOnly("Äh bé$1 7: ");
    assertThat(MiniatureSets.continuations(question)).containsExactly("", "never");
    assertThat(question.getGold()).isEqualTo(1);
    assertThat(question.getNormalised()).isFalse();
    assertThat(ChoiceTask.parse(task.json(), "again").name()).isEqualTo("own");
  }

  @Test
  void countsCharactersAsPythonDoes() throws IOException {
    ChoiceTask task =
        ChoiceTask.parse(
            "{\"name\":\"own\",\"context\":\"c\",\"choices\":\"{e}\",\"gold\":\"{g}\"}",
            "own.json");
    assertThat(
            MiniatureSets.of(task, "{\"e\":[\"\\ud83d\\ude00\\ud83d\\ude00\",\"ab\"],\"g\":0}")
                .get(0)
                .getChoices())
        .extracting(ChoiceText::getLength)
        .containsExactly(2, 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " => ",
      quoteCharacter = '`',
      value = {
        "{\"name\":\"t\",\"contxt\":\"c\"} => own.json: unknown field contxt; there are [name, about,",
        "{\"name\":\"t\",\"choices\":\"c\",\"gold\":\"{g}\"} => own.json: not a task: context is missing",
        "{\"name\":\"t\",\"context\":\"c\",\"gold\":\"{g}\"} => own.json: not a task: choices is missing",
        "{\"name\":\"t\",\"context\":\"c\",\"choices\":\"d\"} => expected one of gold, the right answer's label, and goldFile",
        "{\"name\":\"t\",\"context\":\"{c\",\"choices\":\"d\",\"gold\":\"{g}\"} => \"{c\": a brace without its other half",
        "{\"name\":\"t\",\"context\":\"{c|upper}\",\"choices\":\"d\",\"gold\":\"{g}\"} => {c|upper}: unknown filter; there are strip",
        "{\"name\":\"t\",\"context\":\"{c|before}\",\"choices\":\"d\",\"gold\":\"{g}\"} => before and after need a text behind a colon",
        "{\"name\":\"a b\",\"context\":\"c\",\"choices\":\"d\",\"gold\":\"{g}\"} => name a b: expected letters, digits",
        "{\"context\":\"c\",\"choices\":\"d\",\"gold\":\"{g}\"} => name null: expected letters, digits",
        "{\"name\":\"t\",\"metrics\":[\"f1\"],\"context\":\"c\",\"choices\":\"d\",\"gold\":\"{g}\"} => metrics [f1]: expected [acc] or [acc, acc_norm]",
        "{\"name\":\"t\",\"clean\":{\"pattern\":\"(\",\"with\":\"\"},\"context\":\"c\",\"choices\":\"d\",\"gold\":\"{g}\"} => own.json: not a task: clean: Unclosed group",
        "{\"name\":\"t\",\"forms\":[]} => own.json: not a task: forms is empty",
        "{\"name\":\"t\",\"forms\":[{\"context\":\"c\",\"choices\":\"d\",\"gold\":\"{g}\",\"content\":\"c\"}]} => unknown field content; there are [name, about,",
        "{\"name\":\"t\",\"gold\":\"{g}\",\"forms\":[]} => own.json: unknown field gold",
        "[] => own.json: not a task: expected a JSON object",
        "{ => own.json: not a task: Unexpected end-of-input",
      })
  void saysWhatIsWrongWithATask(String json, String said) {
    assertThatThrownBy(() -> ChoiceTask.parse(json, "own.json"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(said);
  }

  @Test
  void namesTheTasksThereAre() {
    assertThatThrownBy(() -> ChoiceTask.bundled("mmlu"))
        .hasMessage(
            "there is no task mmlu: bundled are [boolq, piqa, hellaswag, winogrande, arc_easy,"
                + " arc_challenge, openbookqa]; define your own in a task file");
  }
}

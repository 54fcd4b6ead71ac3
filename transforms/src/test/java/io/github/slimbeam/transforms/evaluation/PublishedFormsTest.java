// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ChoiceText;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The seven tasks on sets of which every context, choice and answer is known. */
class PublishedFormsTest {

  @ParameterizedTest
  @CsvSource({"boolq-superglue.jsonl,1", "boolq-flattened.jsonl,0", "boolq-first.jsonl,0"})
  void readsBoolQ(String file, int number) throws IOException {
    ChoiceQuestion question = MiniatureSets.read("boolq", file).get(number);
    assertThat(MiniatureSets.contexts(question))
        .containsOnly("Tin -- Tin is a soft metal.\nQuestion: is tin a metal?\nAnswer:");
    assertThat(MiniatureSets.continuations(question)).containsExactly(" no", " yes");
    assertThat(question.getGold()).isEqualTo(1);
    assertThat(question.getNormalised()).isFalse();
  }

  @Test
  void readsFalseAsNo() throws IOException {
    assertThat(MiniatureSets.read("boolq", "boolq-superglue.jsonl").get(0).getGold()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"piqa.jsonl,3", "valid.jsonl,2"})
  void readsPiqaWithItsLabelsInTheLinesOrBesideThem(String file, int line) throws IOException {
    List<ChoiceQuestion> questions = MiniatureSets.read("piqa", file);
    assertThat(questions).extracting(ChoiceQuestion::getGold).containsExactly(0, 1);
    assertThat(questions).extracting(ChoiceQuestion::getNumber).containsExactly(0, 1);
    ChoiceQuestion jar = questions.get(1);
    assertThat(jar.getSource()).endsWith("/" + file + ":" + line);
    assertThat(MiniatureSets.contexts(jar)).containsOnly("Question: open a jar\nAnswer:");
    assertThat(MiniatureSets.continuations(jar)).containsExactly(" Sing to it", " Turn the lid");
    assertThat(jar.getNormalised()).isTrue();
  }

  @Test
  void readsHellaSwagWithoutTheMarksOfItsSource() throws IOException {
    List<ChoiceQuestion> questions = MiniatureSets.read("hellaswag", "hellaswag.jsonl");
    ChoiceQuestion bread = questions.get(0);
    assertThat(MiniatureSets.contexts(bread))
        .containsOnly("Baking bread: A baker kneads dough. The baker");
    assertThat(MiniatureSets.continuations(bread))
        .containsExactly(
            " sails away.", " eats the oven.", " waits for it to rise.", " paints it.");
    assertThat(bread.getGold()).isEqualTo(2);
    ChoiceQuestion map = questions.get(1);
    assertThat(MiniatureSets.contexts(map))
        .containsOnly("Home: How to fold a map. Lay it flat. Use a table.");
    assertThat(MiniatureSets.continuations(map))
        .containsExactly(" Find the old folds. Follow them.", " Burn it.", " Wet it.", " Sell it.");
    assertThat(map.getGold()).isZero();
    assertThat(map.getNormalised()).isTrue();
  }

  @Test
  void readsWinoGrandeWithAContextForEachOption() throws IOException {
    List<ChoiceQuestion> questions = MiniatureSets.read("winogrande", "winogrande.jsonl");
    assertThat(MiniatureSets.contexts(questions.get(0)))
        .containsExactly(
            "The cup did not fit into the box because the cup",
            "The cup did not fit into the box because the box");
    assertThat(MiniatureSets.continuations(questions.get(0))).containsOnly(" was too small.");
    assertThat(questions).extracting(ChoiceQuestion::getGold).containsExactly(1, 0);
    assertThat(questions).extracting(ChoiceQuestion::getNormalised).containsOnly(false);
  }

  @ParameterizedTest
  @CsvSource({
    "arc_easy,arc.jsonl",
    "arc_easy,arc-flattened.jsonl",
    "arc_challenge,arc.jsonl",
    "arc_challenge,arc-flattened.jsonl"
  })
  void readsArc(String task, String file) throws IOException {
    List<ChoiceQuestion> questions = MiniatureSets.read(task, file);
    assertThat(MiniatureSets.contexts(questions.get(0)))
        .containsOnly("Question: What is frozen water?\nAnswer:");
    assertThat(MiniatureSets.continuations(questions.get(0)))
        .containsExactly(" ice", " steam", " sand");
    assertThat(questions.get(1).getChoices()).hasSize(5);
    assertThat(questions).extracting(ChoiceQuestion::getGold).containsExactly(0, 3);
    assertThat(questions).extracting(ChoiceQuestion::getTask).containsOnly(task);
  }

  @ParameterizedTest
  @CsvSource({"openbookqa.jsonl", "openbookqa-flattened.jsonl"})
  void readsOpenBookQA(String file) throws IOException {
    ChoiceQuestion question = MiniatureSets.read("openbookqa", file).get(0);
    assertThat(MiniatureSets.contexts(question)).containsOnly("A seed grows into");
    assertThat(MiniatureSets.continuations(question))
        .containsExactly(" a rock", " a plant", " rain", " a cloud");
    assertThat(question.getChoices()).extracting(ChoiceText::getLength).containsExactly(6, 7, 4, 7);
    assertThat(question.getGold()).isEqualTo(1);
  }

  @Test
  void theSevenAreThere() {
    assertThat(ChoiceTask.bundled())
        .containsExactly(
            "boolq", "piqa", "hellaswag", "winogrande", "arc_easy", "arc_challenge", "openbookqa")
        .allSatisfy(name -> assertThat(ChoiceTask.bundled(name).name()).isEqualTo(name));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.ScoredQuestion;
import io.github.slimbeam.schemas.TaskScore;
import io.github.slimbeam.transforms.evaluation.ChoiceTask;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.NaiveLikelihood;
import io.github.slimbeam.transforms.model.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A small random model that reads the words w0 to w31, and questions of random words. */
@ExtendWith(TestPipelineExtension.class)
class EvaluateTasksTest {
  private static final ChoiceTask TASK =
      ChoiceTask.parse(
          "{\"name\":\"words\",\"context\":\"{c}\",\"choices\":\"{e}\",\"gold\":\"{g}\"}", "words");
  private static final ChoiceTask OTHER =
      ChoiceTask.parse(
          "{\"name\":\"other\",\"metrics\":\"acc\",\"context\":\"{c}\",\"choices\":\"{e}\",\"gold\":\"{g}\"}",
          "other");

  private record Question(List<Integer> context, List<List<Integer>> choices, int gold) {}

  @TempDir private Path directory;
  private Model model;
  private final List<Question> questions = new ArrayList<>();
  private String file;

  /** More than a group of questions. */
  @BeforeEach
  void write() throws IOException {
    model = SmallModel.llama().withLayers(2).writeTo(directory.resolve("model"));
    Files.writeString(directory.resolve("model/tokenizer.json"), tokenizer());
    Random random = new Random(3);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      List<List<Integer>> choices =
          Stream.generate(() -> words(random, 1 + random.nextInt(4))).limit(3).toList();
      Question question =
          new Question(words(random, 1 + random.nextInt(9)), choices, random.nextInt(3));
      questions.add(question);
      lines.add(
          String.format(
              "{\"c\":\"%s\",\"e\":[\"%s\"],\"g\":%d}",
              text(question.context()),
              String.join("\",\"", choices.stream().map(EvaluateTasksTest::text).toList()),
              question.gold()));
    }
    file = Files.write(directory.resolve("set.jsonl"), lines).toString();
  }

  @Test
  void scoresEachChoiceAsTheNaiveSoftmaxDoes(TestPipeline pipeline) throws IOException {
    Map<Integer, List<Double>> expected = new HashMap<>();
    for (int i = 0; i < questions.size(); i++) {
      expected.put(i, naive(questions.get(i)));
    }
    PAssert.that(
            pipeline
                .apply(ReadQuestions.of(TASK, file))
                .apply(ScoreChoices.of(model.checkpoint().directory()).on("cpu")))
        .satisfies(
            scored -> {
              int count = 0;
              for (ScoredQuestion question : scored) {
                List<Double> scores = expected.get(question.getQuestion().getNumber());
                for (int i = 0; i < 3; i++) {
                  // Up to 4 tokens with logits in F32.
                  assertThat(question.getLogLikelihoods().get(i))
                      .isCloseTo(scores.get(i), within(1e-4));
                }
                count++;
              }
              assertThat(count).isEqualTo(300);
              return null;
            });
    pipeline.run();
  }

  @Test
  void countsRightAnswersOfEachTask(TestPipeline pipeline) throws IOException {
    TaskScore words = expected("words", 300);
    TaskScore other = new TaskScore("other", 300L, words.getCorrect(), null, 0L);
    PAssert.thatSingleton(
            pipeline
                .apply(ReadQuestions.of(TASK, file).and(OTHER, file))
                .apply(EvaluateTasks.by(ScoreChoices.of(model.checkpoint().directory()))))
        .satisfies(
            scores -> {
              assertThat(scores.getTasks()).containsExactly(other, words);
              return null;
            });
    pipeline.run();
  }

  @Test
  void takesTheFirstQuestionsOnly(TestPipeline pipeline) throws IOException {
    TaskScore words = expected("words", 20);
    PAssert.thatSingleton(
            pipeline
                .apply(ReadQuestions.of(TASK, file).withLimit(20))
                .apply(EvaluateTasks.by(ScoreChoices.of(model.checkpoint().directory()))))
        .satisfies(
            scores -> {
              assertThat(scores.getTasks()).containsExactly(words);
              return null;
            });
    pipeline.run();
  }

  /** As Hugging Face's collections have it: two made-up questions of PIQA's. */
  @Test
  void readsParquetByItsName(TestPipeline pipeline) {
    PAssert.that(
            pipeline.apply(
                ReadQuestions.of(
                    ChoiceTask.bundled("piqa"),
                    "src/test/resources/fixtures/parquet/piqa.parquet")))
        .satisfies(
            questions -> {
              assertThat(questions)
                  .extracting(ChoiceQuestion::getGold)
                  .containsExactlyInAnyOrder(0, 1);
              return null;
            });
    pipeline.run();
  }

  @Test
  void namesTheLineThatIsWrong(TestPipeline pipeline) throws IOException {
    Files.writeString(Path.of(file), "{\"c\":\"w1\",\"g\":0}");
    pipeline.apply(ReadQuestions.of(TASK, file));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining("set.jsonl:1: no question of words: field e is missing");
  }

  @Test
  void saysThatTheModelHasNoTokenizer(TestPipeline pipeline) throws IOException {
    Files.delete(directory.resolve("model/tokenizer.json"));
    pipeline
        .apply(ReadQuestions.of(TASK, file))
        .apply(ScoreChoices.of(model.checkpoint().directory()));
    assertThatThrownBy(pipeline::run)
        .hasStackTraceContaining("tokenizer.json: no such file: give a directory with");
  }

  private TaskScore expected(String task, int count) throws IOException {
    long correct = 0;
    long normalised = 0;
    for (Question question : questions.subList(0, count)) {
      List<Double> scores = naive(question);
      List<Double> perCharacter =
          IntStream.range(0, 3)
              .mapToObj(i -> scores.get(i) / text(question.choices().get(i)).length())
              .toList();
      correct += first(scores) == question.gold() ? 1 : 0;
      normalised += first(perCharacter) == question.gold() ? 1 : 0;
    }
    return new TaskScore(task, (long) count, correct, normalised, 0L);
  }

  private static int first(List<Double> scores) {
    return scores.indexOf(scores.stream().max(Double::compare).orElseThrow());
  }

  private List<Double> naive(Question question) throws IOException {
    List<Double> scores = new ArrayList<>();
    for (List<Integer> choice : question.choices()) {
      List<Integer> all = Stream.concat(question.context().stream(), choice.stream()).toList();
      scores.add(NaiveLikelihood.of(model, all, choice.size()));
    }
    return scores;
  }

  private static List<Integer> words(Random random, int count) {
    return random.ints(count, 0, 32).boxed().toList();
  }

  private static String text(List<Integer> words) {
    return String.join(" ", words.stream().map(w -> "w" + w).toList());
  }

  /** One token for each word between spaces, and nothing else. */
  private static String tokenizer() {
    List<String> vocabulary = IntStream.range(0, 32).mapToObj(i -> "\"w" + i + "\":" + i).toList();
    return "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[],\"normalizer\":null,"
        + "\"pre_tokenizer\":{\"type\":\"WhitespaceSplit\"},\"post_processor\":null,\"decoder\":null,"
        + "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"w0\",\"vocab\":{"
        + String.join(",", vocabulary)
        + "}}}";
  }
}

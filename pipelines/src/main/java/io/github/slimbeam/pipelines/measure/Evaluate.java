// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.measure;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.DeviceOptions;
import io.github.slimbeam.pipelines.command.JobRun;
import io.github.slimbeam.pipelines.command.TemporaryDirectory;
import io.github.slimbeam.schemas.ChoiceQuestion;
import io.github.slimbeam.schemas.TaskScore;
import io.github.slimbeam.schemas.TaskScores;
import io.github.slimbeam.transforms.EvaluateTasks;
import io.github.slimbeam.transforms.KeepRecord;
import io.github.slimbeam.transforms.ReadQuestions;
import io.github.slimbeam.transforms.ScoreChoices;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.evaluation.Accuracy;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;

/** Measures how many multiple-choice questions models answer rightly, zero-shot. */
public final class Evaluate {
  private Evaluate() {}

  /** Runs the job with command-line options; throws where it fails. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(DeclaredOptions.of(EvaluateOptions.class), args, Evaluate::run);
  }

  private static void run(EvaluateOptions options) throws IOException {
    Storage storage = new FileSystemsStorage();
    Model.open(storage, options.getModel());
    TokenizerFile.open(storage, options.getModel()).close();
    ReadQuestions questions = TaskChoice.read(options.getTasks(), options);
    List<String> models = List.of(options.getModel());
    print(models, measure(options, models, questions, options.getSpecialTokens()));
  }

  /** Prints one JSON line for each task and one for their mean, and to standard error a table. */
  public static void print(List<String> models, List<TaskScores> scores) {
    for (int i = 0; i < models.size(); i++) {
      AccuracyTable.print(System.err, models.get(i), scores.get(i).getTasks());
      for (ObjectNode line : lines(models.get(i), scores.get(i).getTasks())) {
        System.out.println(line);
      }
    }
  }

  /**
   * How many questions of each task each model answers rightly, all in one pipeline.
   *
   * @param models directories, each with its own tokenizer
   * @param questions which sets, and how much of them
   * @param specialTokens whether contexts begin with what the tokenizer adds to a text
   */
  public static List<TaskScores> measure(
      DeviceOptions options, List<String> models, ReadQuestions questions, boolean specialTokens)
      throws IOException {
    try (TemporaryDirectory results = TemporaryDirectory.of(options, "slim-accuracy")) {
      Pipeline pipeline = Pipeline.create(options);
      PCollection<ChoiceQuestion> read = pipeline.apply("Read questions", questions);
      for (int i = 0; i < models.size(); i++) {
        ScoreChoices choices =
            ScoreChoices.of(models.get(i)).on(options.getDevice()).withSpecialTokens(specialTokens);
        read.apply("Evaluate " + models.get(i), EvaluateTasks.by(choices))
            .apply("Keep " + models.get(i), KeepRecord.at(result(results, i)));
      }
      JobRun.run(pipeline);
      List<TaskScores> scores = new ArrayList<>();
      for (int i = 0; i < models.size(); i++) {
        scores.add(
            RecordFile.find(new FileSystemsStorage(), result(results, i), TaskScores.class)
                .orElseThrow());
      }
      return scores;
    }
  }

  private static String result(TemporaryDirectory results, int number) {
    return results.path() + "/" + number + ".avro";
  }

  /** Each task, then the mean; the metrics by the names that lm-evaluation-harness gives them. */
  private static List<ObjectNode> lines(String model, List<TaskScore> scores) {
    List<ObjectNode> lines = new ArrayList<>();
    for (TaskScore score : scores) {
      ObjectNode line = Json.PLAIN.createObjectNode();
      line.put("model", model).put("task", score.getTask());
      line.put("questions", score.getQuestions());
      put(line, "acc", Accuracy.plain(score));
      Accuracy.normalised(score).ifPresent(a -> put(line, "acc_norm", a));
      lines.add(line.put("cut", score.getCut()));
    }
    ObjectNode mean = Json.PLAIN.createObjectNode();
    mean.put("model", model).put("task", "mean").put("tasks", scores.size());
    put(mean, "acc", Accuracy.meanPlain(scores));
    put(mean, "acc_norm_or_acc", Accuracy.meanNormalised(scores));
    lines.add(mean);
    return lines;
  }

  private static void put(ObjectNode line, String metric, Accuracy accuracy) {
    line.put(metric, accuracy.value());
    if (Double.isNaN(accuracy.standardError())) {
      line.putNull(metric + "_stderr");
    } else {
      line.put(metric + "_stderr", accuracy.standardError());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.evaluation;

import io.github.slimbeam.schemas.TaskScore;
import io.github.slimbeam.schemas.TaskScores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A share of right answers.
 *
 * @param value correct / questions
 * @param standardError of the mean, √(p (1 − p) / (n − 1)): the sample's standard deviation over
 *     √n; NaN for a single question
 */
public record Accuracy(double value, double standardError) {

  /** The share of so many questions. */
  static Accuracy of(long correct, long questions) {
    double p = (double) correct / questions;
    return new Accuracy(p, questions > 1 ? Math.sqrt(p * (1 - p) / (questions - 1)) : Double.NaN);
  }

  /** A task's acc: the share of questions whose likeliest choice is right. */
  public static Accuracy plain(TaskScore score) {
    return of(score.getCorrect(), score.getQuestions());
  }

  /** A task's acc_norm, if it has one. */
  public static Optional<Accuracy> normalised(TaskScore score) {
    return Optional.ofNullable(score.getCorrectNormalised())
        .map(correct -> of(correct, score.getQuestions()));
  }

  /** The mean of acc over tasks, each counting the same. */
  public static Accuracy meanPlain(List<TaskScore> scores) {
    return mean(scores.stream().map(Accuracy::plain).toList());
  }

  /** The mean over tasks of acc_norm, or acc where a task has no acc_norm: what papers report. */
  public static Accuracy meanNormalised(List<TaskScore> scores) {
    return mean(scores.stream().map(s -> normalised(s).orElseGet(() -> plain(s))).toList());
  }

  /** The mean; its standard error is √Σe² / k, the sets being independent. */
  private static Accuracy mean(List<Accuracy> parts) {
    double sum = parts.stream().mapToDouble(Accuracy::value).sum();
    double squares = parts.stream().mapToDouble(a -> a.standardError() * a.standardError()).sum();
    return new Accuracy(sum / parts.size(), Math.sqrt(squares) / parts.size());
  }

  /** Adds up scores of the same tasks. */
  public static TaskScores add(Iterable<TaskScores> parts) {
    Map<String, TaskScore> sums = new TreeMap<>();
    for (TaskScores part : parts) {
      for (TaskScore score : part.getTasks()) {
        sums.merge(score.getTask(), score, Accuracy::add);
      }
    }
    return new TaskScores(new ArrayList<>(sums.values()));
  }

  private static TaskScore add(TaskScore a, TaskScore b) {
    return new TaskScore(
        a.getTask(),
        a.getQuestions() + b.getQuestions(),
        a.getCorrect() + b.getCorrect(),
        a.getCorrectNormalised() == null
            ? null
            : (Long) (a.getCorrectNormalised() + b.getCorrectNormalised()),
        a.getCut() + b.getCut());
  }
}

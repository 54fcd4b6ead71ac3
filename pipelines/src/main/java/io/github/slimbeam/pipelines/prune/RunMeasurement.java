// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.card.ModelCard;
import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.generate.Generate;
import io.github.slimbeam.pipelines.measure.Evaluate;
import io.github.slimbeam.pipelines.measure.MeasurePerplexity;
import io.github.slimbeam.pipelines.measure.Perplexity;
import io.github.slimbeam.pipelines.measure.TaskChoice;
import io.github.slimbeam.pipelines.report.ReportFiles;
import io.github.slimbeam.pipelines.report.RunReport;
import io.github.slimbeam.schemas.TaskScore;
import io.github.slimbeam.schemas.TaskScores;
import io.github.slimbeam.transforms.ReadQuestions;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.calibration.WindowProtocol;
import io.github.slimbeam.transforms.evaluation.Accuracy;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.generation.Sampling;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Measures the dense and the pruned model of a run side by side, as far as that was asked, and
 * writes the run's report.
 */
final class RunMeasurement {
  private static final Storage STORAGE = new FileSystemsStorage();
  private static final int SAMPLE_TOKENS = 80;

  private final PruneOptions options;
  private final @Nullable Integer windowLength;
  private final @Nullable ReadQuestions questions;
  private final List<String> prompts;

  private RunMeasurement(
      PruneOptions options,
      @Nullable Integer windowLength,
      @Nullable ReadQuestions questions,
      List<String> prompts) {
    this.options = options;
    this.windowLength = windowLength;
    this.questions = questions;
    this.prompts = prompts;
  }

  /**
   * What the options ask for, checked before the hours of pruning.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the option and the file
   *     that cannot be used
   */
  static RunMeasurement of(PruneOptions options) throws IOException {
    if (options.getEvaluation() != null) {
      ReadTexts.remarks(options.getEvaluation()).forEach(System.err::println);
    }
    if (options.getTasks() != null || options.getPrompts() != null) {
      TokenizerFile.open(STORAGE, options.getModel()).close();
    }
    return new RunMeasurement(
        options,
        options.getEvaluationLength() == null
            ? null
            : (Integer)
                CommandLine.sequenceLength(
                    options.getEvaluationLength(),
                    Model.open(STORAGE, options.getModel()).config()),
        options.getTasks() == null ? null : TaskChoice.read(options.getTasks(), options),
        options.getPrompts() == null
            ? List.of()
            : Generate.promptsIn(STORAGE, options.getPrompts()));
  }

  /**
   * Reports the run, then measures and reports again: the report of what was finished is there
   * whatever becomes of the rest.
   *
   * @param length tokens of a window of held-out text, unless the options say otherwise
   */
  void report(int length, StageTable stages, double seconds) throws IOException {
    String output = options.getOutput();
    RunReport report =
        ReportFiles.begin(STORAGE, output).withStages(stages.stages()).withSeconds(seconds);
    write(report);
    System.out.println("report: " + STORAGE.resolve(output, ReportFiles.PAGE));
    if (options.getEvaluation() != null || questions != null || !prompts.isEmpty()) {
      write(measured(report, length));
    }
  }

  private void write(RunReport report) throws IOException {
    ReportFiles.write(STORAGE, options.getOutput(), report);
    ModelCard.write(STORAGE, Model.open(STORAGE, options.getModel()), options.getOutput(), report);
  }

  private RunReport measured(RunReport before, int length) throws IOException {
    RunReport report = before;
    String output = options.getOutput();
    List<String> models = List.of(options.getModel(), output);
    if (options.getEvaluation() != null) {
      List<Perplexity> measured =
          MeasurePerplexity.measure(
              options,
              models,
              options.getEvaluation(),
              WindowProtocol.of(windowLength == null ? length : windowLength));
      MeasurePerplexity.print(measured);
      report = report.withPerplexity(pairs(measured));
    }
    if (questions != null) {
      List<TaskScores> scores = Evaluate.measure(options, models, questions, true);
      Evaluate.print(models, scores);
      report = report.withTasks(tasks(scores.get(0).getTasks(), scores.get(1).getTasks()));
    }
    if (!prompts.isEmpty()) {
      report = report.withSamples(samples(output));
    }
    return report;
  }

  /** Text by text, dense before pruned. */
  private static List<RunReport.Perplexity> pairs(List<Perplexity> measured) {
    List<RunReport.Perplexity> pairs = new ArrayList<>();
    for (int i = 0; i < measured.size(); i += 2) {
      Perplexity pruned = measured.get(i + 1);
      pairs.add(
          new RunReport.Perplexity(
              pruned.text(),
              pruned.protocol().join().optionName(),
              pruned.protocol().specialTokens(),
              pruned.protocol().sequenceLength(),
              pruned.sum().getWindows(),
              pruned.sum().getTokens(),
              pruned.dtype().toString(),
              measured.get(i).value(),
              pruned.value()));
    }
    return pairs;
  }

  private static List<RunReport.Task> tasks(List<TaskScore> dense, List<TaskScore> pruned) {
    List<RunReport.Task> tasks = new ArrayList<>();
    for (int i = 0; i < dense.size(); i++) {
      TaskScore before = dense.get(i);
      TaskScore after = pruned.get(i);
      List<RunReport.Metric> metrics = new ArrayList<>();
      metrics.add(metric("acc", Accuracy.plain(before), Accuracy.plain(after)));
      Optional<Accuracy> normalised = Accuracy.normalised(before);
      if (normalised.isPresent()) {
        metrics.add(metric("acc_norm", normalised.get(), Accuracy.normalised(after).orElseThrow()));
      }
      tasks.add(new RunReport.Task(before.getTask(), before.getQuestions(), metrics));
    }
    return tasks;
  }

  private static RunReport.Metric metric(String name, Accuracy dense, Accuracy pruned) {
    return new RunReport.Metric(
        name,
        dense.value(),
        finite(dense.standardError()),
        pruned.value(),
        finite(pruned.standardError()));
  }

  /** A single question has no standard error: null. */
  private static @Nullable Double finite(double standardError) {
    return Double.isNaN(standardError) ? null : (Double) standardError;
  }

  private List<RunReport.Sample> samples(String output) throws IOException {
    List<String> dense = written(options.getModel());
    List<String> pruned = written(output);
    List<RunReport.Sample> samples = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      samples.add(new RunReport.Sample(prompts.get(i), dense.get(i), pruned.get(i)));
    }
    return samples;
  }

  /** Greedy: the two differ by the models alone. */
  private List<String> written(String model) throws IOException {
    return Generate.samples(
        model, options.getDevice(), prompts, new Sampling(0, 0, 1, 0), SAMPLE_TOKENS);
  }
}

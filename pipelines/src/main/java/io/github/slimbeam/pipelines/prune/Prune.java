// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.pipelines.card.ModelCard;
import io.github.slimbeam.pipelines.command.AtExit;
import io.github.slimbeam.pipelines.command.CommandLine;
import io.github.slimbeam.pipelines.command.DeclaredOptions;
import io.github.slimbeam.pipelines.command.JobRun;
import io.github.slimbeam.pipelines.command.OptionNames;
import io.github.slimbeam.pipelines.command.SeparatePlaces;
import io.github.slimbeam.pipelines.command.WritablePlace;
import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.SublayerReport;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.ClaimWork;
import io.github.slimbeam.transforms.DigestTexts;
import io.github.slimbeam.transforms.PlanPruning;
import io.github.slimbeam.transforms.PruneModel;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.ReadWindows;
import io.github.slimbeam.transforms.SampleSequences;
import io.github.slimbeam.transforms.cost.Parts;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PruningJson;
import io.github.slimbeam.transforms.planning.KeptHeads;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/** Prunes a model: calibration text in, a smaller checkpoint out. */
public final class Prune {
  private final PruneOptions options;
  private final Model model;
  private final Combination method;
  private final AskedPlan plan;
  private final int length;
  private final PruningWork work;
  private final PruningRecipe recipe;

  private Prune(PruneOptions options) throws IOException {
    this.options = options;
    this.model = Model.open(new FileSystemsStorage(), options.getModel());
    this.method = PruneRecipes.method(options);
    this.plan = AskedPlan.of(options, method, model);
    PruneRecipes.checkNumbers(options);
    this.length = CommandLine.sequenceLength(options.getSequenceLength(), model.config());
    Parts parts = parts();
    this.work =
        PruningWork.at(new FileSystemsStorage(), options.getModel(), WorkPlace.directory(options))
            .withShards(parts.shards())
            .withBatchTokens(parts.batchTokens())
            .on(options.getDevice())
            .computing(PruneRecipes.compute(options));
    this.recipe = PruneRecipes.recipe(options, method, plan.recorded(options), length, parts);
  }

  private Parts parts() {
    if (options.getMemory() == null) {
      return Parts.of(PruneRecipes.shards(options, model.config(), length));
    }
    long bytes =
        model.checkpoint().tensors().values().stream()
            .mapToLong(entry -> entry.end() - entry.begin())
            .sum();
    return RunDescription.of(
            options,
            model.config(),
            method,
            plan,
            plan.known().orElseGet(() -> plan.standIn(model)),
            length,
            options.getParallelism(),
            bytes,
            bytes)
        .parts();
  }

  /** Runs the job with command-line options; throws where it fails. */
  public static void main(String[] args) throws IOException {
    CommandLine.run(options(), args, Prune::run);
  }

  /** What the command takes. */
  public static DeclaredOptions<PruneOptions> options() {
    return MethodRow.with(PruneOptions.class);
  }

  /** Runs the job, says what came out, measures and reports it. */
  private static void run(PruneOptions options) throws IOException {
    RunMeasurement evaluation = RunMeasurement.of(options);
    long begun = System.nanoTime();
    StageTable stages = new StageTable();
    Prune prune = finished(options, stages);
    double seconds = (System.nanoTime() - begun) / 1e9;
    PruningTable.print(System.out, new FileSystemsStorage(), options.getOutput());
    prune.printMet();
    evaluation.report(prune.length, stages, seconds);
  }

  /** What whole units gave up of the size that was asked for, where that is not in the table. */
  private void printMet() throws IOException {
    Storage storage = model.checkpoint().storage();
    List<LayerShape> kept = new ArrayList<>(model.config().layers());
    for (SublayerReport report : PruningJson.read(storage, options.getOutput()).getSublayers()) {
      int layer = report.getSublayer().getLayer();
      int units = report.getKept().size();
      kept.set(layer, kept.get(layer).keeping(report.getSublayer().getKind(), units));
    }
    plan.met(kept, model).map(OptionNames::in).ifPresent(System.out::println);
    if (options.getPadToUniform()) {
      System.out.println("written with zeros up to the widest layer, which count as parameters");
    }
  }

  /**
   * Runs the job; returns the length of a window, which the model's context may have capped.
   *
   * @param stages to which is added what the job's stages counted
   * @throws io.github.slimbeam.transforms.storage.BadInputException if what was asked cannot be
   *     done; no output is left behind then, and of the work only what was finished
   */
  static int prune(PruneOptions options, StageTable stages) throws IOException {
    return finished(options, stages).length;
  }

  private static Prune finished(PruneOptions options, StageTable stages) throws IOException {
    checkPlaces(options);
    WritablePlace.check("--output", options.getOutput());
    WritablePlace.check("--workDirectory", WorkPlace.directory(options));
    Prune prune = new Prune(options);
    prune.run(stages);
    return prune;
  }

  static void checkPlaces(PruneOptions options) throws IOException {
    SeparatePlaces places = SeparatePlaces.readBy(options(), options);
    places.made("--output", options.getOutput());
    places.made(
        options.getWorkDirectory() == null ? "the work directory of --output" : "--workDirectory",
        WorkPlace.directory(options));
    places.check();
    if (options.getTempLocation() != null) {
      places.checkFree("--tempLocation", options.getTempLocation());
    }
  }

  private void run(StageTable stages) throws IOException {
    boolean resumes = !options.getRestart() && ClaimWork.of(work, recipe, planning()).canResume();
    boolean isWritten = resumes && work.finished().isWritten();
    work.claim().refuseForeign();
    if (!isWritten) {
      WorkPlace.checkOutput(options.getOutput(), options.getOverwrite());
      ModelCard.checkPlace(model.checkpoint().storage(), options.getOutput());
    }
    ReadTexts.remarks(options.getCalibration()).forEach(System.err::println);
    PruneRecipes.idleWorkers(options, work.shards()).ifPresent(System.err::println);
    KeptHeads.of(model.config()).map(OptionNames::in).ifPresent(System.err::println);
    plan.known()
        .flatMap(known -> plan.shortfall(known, model))
        .ifPresent(text -> System.err.println("warning: " + OptionNames.in(text)));
    if (options.getRestart()) {
      work.claim().clear();
    }
    try (WorkPlace place = WorkPlace.of(work, options.getOutput())) {
      if (isWritten) {
        System.err.println("finished by a submission before this one");
      } else {
        try (AtExit unused = Interruption.tidying(place)) {
          runJobs(resumes, stages);
        }
      }
      place.finish();
    }
  }

  /** One job after another, each of so many layers, beginning where a former submission stopped. */
  private void runJobs(boolean resumes, StageTable stages) throws IOException {
    int layers = model.config().layers().size();
    int layersPerJob = PruneRecipes.layersPerJob(options, layers);
    int first = 0;
    if (resumes) {
      work.claim().takeOver();
      System.err.println("going on with the run in " + work.directory());
      // The last layer's job writes the model, so it is run whatever is finished.
      first = Math.min(work.finished().layers(layers), layers - 1);
    }
    try (Progress progress = Progress.of(work, 2 * layers)) {
      for (int from = first; from < layers; from += layersPerJob) {
        int end = Math.min(from + layersPerJob, layers);
        PruneModel prune =
            PruneModel.in(work, method, planning(), layers, options.getOutput())
                .withRecipe(recipe)
                .withMaxFile(options.getMaxFileBytes())
                .padding(options.getPadToUniform())
                .between(from, end)
                .keepingWork();
        stages.add(JobRun.run(build(prune)));
      }
    }
    stages.print(System.err);
  }

  private PlanPruning planning() {
    return plan.planning(method, work, model.config().layers().size());
  }

  private Pipeline build(PruneModel prune) throws IOException {
    SampleSequences sample =
        SampleSequences.using(options.getModel())
            .withSequenceLength(length)
            .withSeed(options.getSeed())
            .withVocabularySize(model.config().vocabulary());
    if (options.getSequences() != null) {
      sample = sample.withSequences(options.getSequences());
    }

    Pipeline pipeline = Pipeline.create(options);
    PCollection<CalibrationText> texts =
        pipeline.apply(
            "Read calibration",
            ReadTexts.from(options.getCalibration()).withTextField(options.getTextField()));
    PCollectionView<CalibrationDigest> digest =
        texts
            .apply("Digest calibration", DigestTexts.create())
            .apply("View digest", View.asSingleton());
    PCollection<TokenSequence> windows =
        work.hasWindows()
            ? pipeline.apply("Take up windows", ReadWindows.of(work))
            : texts.apply("Sample windows", sample);
    windows.apply("Prune model", prune.withTexts(digest));
    return pipeline;
  }
}

package io.github.slimbeam.pipelines;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.transforms.ClaimWork;
import io.github.slimbeam.transforms.DigestTexts;
import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.PlanPruning;
import io.github.slimbeam.transforms.PruneModel;
import io.github.slimbeam.transforms.PruningWork;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.SampleSequences;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.PlanRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;

/** Prunes a model: calibration text in, a smaller checkpoint out. */
public final class Prune {
  private Prune() {}

  /** Runs the job with command-line options; throws where it fails. */
  public static void main(String[] args) throws IOException {
    PipelineOptionsFactory.register(PruneOptions.class);
    run(CommandLine.options(PruneOptions.class, args));
  }

  /** Runs the job and says what came out. */
  static void run(PruneOptions options) throws IOException {
    FileSystems.setDefaultPipelineOptions(options);
    RunEvaluation evaluation = RunEvaluation.of(options);
    long begun = System.nanoTime();
    StageTable stages = new StageTable();
    int length = prune(options, stages);
    double seconds = (System.nanoTime() - begun) / 1e9;
    PruningTable.print(System.out, new FileSystemsStorage(), options.getOutput());
    evaluation.report(length, stages, seconds);
  }

  /**
   * Runs the job; returns the length of a window, which the model's context may have capped.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if what was asked cannot be
   *     done; no output is left behind then, and of the work only what was finished
   */
  static int prune(PruneOptions options, StageTable stages) throws IOException {
    Model model = Model.open(new FileSystemsStorage(), options.getModel());
    Combination method = PruneRecipes.method(options);
    PlanRequest plan = PruneRecipes.plan(options, method, model.config());
    PruneRecipes.checkNumbers(options);
    int length = CommandLine.sequenceLength(options.getSequenceLength(), model.config());
    PruningWork work =
        PruningWork.at(options.getModel(), WorkPlace.directory(options))
            .withShards(options.getShards())
            .on(options.getDevice());
    if (options.getRestart()) {
      new FileSystemsStorage().deleteTree(work.directory());
    }
    PruningRecipe recipe = PruneRecipes.recipe(options, method, plan, length);
    boolean resumes = ClaimWork.of(work, recipe, PlanPruning.by(plan, work)).canResume();
    try (WorkPlace place = WorkPlace.of(work, options.getOutput())) {
      if (resumes && work.isWritten()) {
        System.err.println("finished by a submission before this one");
      } else {
        WorkPlace.checkOutput(options.getOutput(), options.getOverwrite(), inputs(options));
        try (Interruption interruption = Interruption.tidying(place)) {
          run(options, model, method, plan, recipe, length, work, resumes, stages);
        }
      }
      place.finish();
    }
    return length;
  }

  /** One job after another, each of so many layers, beginning where a former submission stopped. */
  private static void run(
      PruneOptions options,
      Model model,
      Combination method,
      PlanRequest plan,
      PruningRecipe recipe,
      int length,
      PruningWork work,
      boolean resumes,
      StageTable stages)
      throws IOException {
    int layers = model.config().layers().size();
    int layersPerJob = options.getLayersPerJob() == 0 ? layers : options.getLayersPerJob();
    int first = 0;
    if (resumes) {
      work.claim().takeOver();
      System.err.println("going on with the run in " + work.directory());
      // The last layer's job writes the model, so it is run whatever is finished.
      first = Math.min(work.pruned().finishedLayers(layers), layers - 1);
    }
    try (Progress progress = Progress.of(work, 2 * layers)) {
      for (int from = first; from < layers; from += layersPerJob) {
        int end = Math.min(from + layersPerJob, layers);
        PruneModel prune =
            PruneModel.in(work, method, PlanPruning.by(plan, work), layers, options.getOutput())
                .withRecipe(recipe)
                .withMaxFile(options.getMaxFileBytes())
                .between(from, end)
                .keepingWork();
        stages.add(JobRun.run(build(options, model, prune, length)));
      }
    }
    stages.print(System.err);
  }

  private static String[] inputs(PruneOptions options) {
    List<String> inputs = new ArrayList<>(List.of(options.getModel()));
    inputs.addAll(ReadTexts.files(options.getCalibration()));
    if (options.getEvaluation() != null) {
      inputs.addAll(ReadTexts.files(options.getEvaluation()));
    }
    return inputs.toArray(String[]::new);
  }

  private static Pipeline build(PruneOptions options, Model model, PruneModel prune, int length) {
    SampleSequences sample =
        SampleSequences.using(options.getModel())
            .withSequenceLength(length)
            .withSeed(options.getSeed())
            .withVocabularySize(model.config().vocabulary());

    Pipeline pipeline = Pipeline.create(options);
    PCollection<CalibrationText> texts =
        pipeline.apply("Read calibration", ReadTexts.from(options.getCalibration()));
    PCollectionView<CalibrationDigest> digest =
        texts.apply("Digest calibration", DigestTexts.create()).apply("Digest", View.asSingleton());
    texts
        .apply(
            "Sample windows",
            options.getSequences() == null ? sample : sample.withSequences(options.getSequences()))
        .apply("Prune", prune.withTexts(digest));
    return pipeline;
  }
}

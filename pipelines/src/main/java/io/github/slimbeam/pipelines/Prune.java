package io.github.slimbeam.pipelines;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
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
import io.github.slimbeam.transforms.pruning.PruningMethod;
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
    int length = prune(options);
    PruningTable.print(System.out, new FileSystemsStorage(), options.getOutput());
    if (options.getEvaluation() != null) {
      MeasurePerplexity.print(
          options,
          List.of(options.getModel(), options.getOutput()),
          options.getEvaluation(),
          length);
    }
  }

  /**
   * Runs the job; returns the length of a window, which the model's context may have capped.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if what was asked cannot be
   *     done; nothing is left behind then
   */
  public static int prune(PruneOptions options) throws IOException {
    FileSystems.setDefaultPipelineOptions(options);
    Model model = Model.open(new FileSystemsStorage(), options.getModel());
    Combination method = PruneRecipes.method(options);
    PlanRequest plan = PruneRecipes.plan(options, method);
    if (!plan.needsData()) {
      plan.plan(model.config());
    }
    check(
        options.getSequences() == null || options.getSequences() > 0,
        "--sequences=%s: expected a positive number",
        options.getSequences());
    check(
        options.getMaxFileBytes() > 0,
        "--maxFileBytes=%s: expected a positive number",
        options.getMaxFileBytes());
    WorkPlace.checkOutput(options.getOutput(), options.getOverwrite(), inputs(options));
    int length = CommandLine.sequenceLength(options.getSequenceLength(), model.config());
    PruningWork work =
        PruningWork.of(options.getModel(), WorkPlace.parent(options))
            .withShards(options.getShards());
    try (WorkPlace place = WorkPlace.of(work, options.getOutput());
        Interruption interruption = Interruption.removing(place)) {
      Pipeline pipeline = build(options, model, method, plan, length, work);
      try (Progress progress = Progress.of(work.directory(), 2 * model.config().layers().size())) {
        JobRun.run(pipeline);
      }
    }
    return length;
  }

  private static String[] inputs(PruneOptions options) {
    List<String> inputs = new ArrayList<>(List.of(options.getModel()));
    inputs.addAll(ReadTexts.files(options.getCalibration()));
    if (options.getEvaluation() != null) {
      inputs.addAll(ReadTexts.files(options.getEvaluation()));
    }
    return inputs.toArray(String[]::new);
  }

  private static Pipeline build(
      PruneOptions options,
      Model model,
      PruningMethod method,
      PlanRequest plan,
      int length,
      PruningWork work) {
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
        .apply(
            "Prune",
            PruneModel.in(
                    work,
                    method,
                    PlanPruning.by(plan, work),
                    model.config().layers().size(),
                    options.getOutput())
                .withRecipe(PruneRecipes.recipe(options, method, plan, length))
                .withMaxFile(options.getMaxFileBytes())
                .withTexts(digest));
    return pipeline;
  }
}

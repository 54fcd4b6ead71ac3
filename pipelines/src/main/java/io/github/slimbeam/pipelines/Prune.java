package io.github.slimbeam.pipelines;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.transforms.DigestTexts;
import io.github.slimbeam.transforms.EmbedTokens;
import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.PruneLayers;
import io.github.slimbeam.transforms.PruningWork;
import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.SampleSequences;
import io.github.slimbeam.transforms.WriteCheckpoint;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.statistics.TileGrid;
import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
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

  /**
   * Runs the job.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if what was asked cannot be
   *     done; nothing is left behind then
   */
  public static void run(PruneOptions options) throws IOException {
    FileSystems.setDefaultPipelineOptions(options);
    Model model = Model.open(new FileSystemsStorage(), options.getModel());
    PruningMethod method = PruneRecipes.method(options);
    PruningPlan plan = PruneRecipes.plan(options, model.config());
    check(
        options.getSequences() == null || options.getSequences() > 0,
        "--sequences=%s: expected a positive number",
        options.getSequences());
    ReadTexts.checkMatches(options.getCalibration());
    if (options.getEvaluation() != null) {
      ReadTexts.checkMatches(options.getEvaluation());
    }
    WorkPlace.checkOutput(options.getOutput(), options.getOverwrite(), options.getModel());
    int length = CommandLine.sequenceLength(options.getSequenceLength(), model.config());
    try (WorkPlace place = WorkPlace.beside(options.getOutput(), options.getWorkDirectory());
        Interruption interruption = Interruption.removing(place)) {
      Pipeline pipeline = build(options, model, method, plan, length, place);
      try (Progress progress = Progress.of(place.work(), plan.getTargets().size())) {
        JobRun.run(pipeline);
      }
    }
    PruningTable.print(System.out, new FileSystemsStorage(), options.getOutput());
    if (options.getEvaluation() != null) {
      MeasurePerplexity.print(
          options,
          List.of(options.getModel(), options.getOutput()),
          options.getEvaluation(),
          length);
    }
  }

  private static Pipeline build(
      PruneOptions options,
      Model model,
      PruningMethod method,
      PruningPlan plan,
      int length,
      WorkPlace place) {
    PruningWork work =
        new PruningWork(
            options.getModel(), place.work(), options.getShards(), TileGrid.DEFAULT_TILE_SIZE);
    PruningRecipe recipe = PruneRecipes.recipe(options, method, length);
    SampleSequences sample =
        SampleSequences.using(options.getModel())
            .withSequenceLength(length)
            .withSeed(options.getSeed())
            .withVocabularySize(model.config().vocabulary());

    Pipeline pipeline = Pipeline.create(options);
    PCollectionView<PruningPlan> planned =
        pipeline
            .apply("Plan", Create.of(plan).withCoder(AvroCoder.of(PruningPlan.class)))
            .apply("Plan for all", View.asSingleton());
    PCollection<CalibrationText> texts =
        pipeline.apply("Read calibration", ReadTexts.from(options.getCalibration()));
    PCollectionView<CalibrationDigest> digest =
        texts.apply("Digest calibration", DigestTexts.create()).apply("Digest", View.asSingleton());
    texts
        .apply(
            "Sample windows",
            options.getSequences() == null ? sample : sample.withSequences(options.getSequences()))
        .apply("Embed", EmbedTokens.into(work))
        .apply("Layers", PruneLayers.by(method, work, planned, model.config().layers().size()))
        .apply(
            "Write checkpoint",
            WriteCheckpoint.to(
                    options.getOutput(),
                    place.staging(),
                    options.getModel(),
                    recipe,
                    planned,
                    digest)
                .withMaxFile(options.getMaxFileBytes()));
    return pipeline;
  }
}

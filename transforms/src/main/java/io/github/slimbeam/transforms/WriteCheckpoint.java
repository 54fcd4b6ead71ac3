// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.PruningRecord;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.schemas.WrittenCheckpoint;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.output.PrunedModelDirectory;
import io.github.slimbeam.transforms.planning.Plans;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.Wait;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;

/**
 * Pruned sub-layers to a checkpoint directory that Hugging Face's transformers opens: weight files
 * written side by side by several workers, then the configuration, the modelling file, the
 * tokenizer's files and {@code pruning.json}. The directory appears only when everything is
 * written.
 */
public final class WriteCheckpoint
    extends PTransform<PCollection<PrunedSublayer>, PCollection<WrittenCheckpoint>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final String output;
  private final long maxFile;
  private final boolean padded;
  private final PCollectionView<PruningPlan> plan;
  private final PruningRecipe recipe;
  private final PCollectionView<CalibrationDigest> windows;
  private final @Nullable PCollectionView<CalibrationDigest> texts;
  private final CurveSource curves;

  private WriteCheckpoint(
      PruningWork work,
      String output,
      long maxFile,
      boolean padded,
      PCollectionView<PruningPlan> plan,
      PruningRecipe recipe,
      PCollectionView<CalibrationDigest> windows,
      @Nullable PCollectionView<CalibrationDigest> texts,
      CurveSource curves) {
    this.work = work;
    this.output = output;
    this.maxFile = maxFile;
    this.padded = padded;
    this.plan = plan;
    this.recipe = recipe;
    this.windows = windows;
    this.texts = texts;
    this.curves = curves;
  }

  /**
   * Writes to {@code output}.
   *
   * @param output the directory to be; a former checkpoint there is replaced. What is not yet
   *     finished is kept beside it
   * @param work names the dense model
   * @param plan what was to be removed
   * @param recipe what the run was asked, for the record
   * @param windows the digest of the calibration windows, for the record
   */
  public static WriteCheckpoint to(
      String output,
      PruningWork work,
      PCollectionView<PruningPlan> plan,
      PruningRecipe recipe,
      PCollectionView<CalibrationDigest> windows) {
    return new WriteCheckpoint(
        work,
        output,
        PrunedCheckpoint.MAX_FILE,
        false,
        plan,
        recipe,
        windows,
        null,
        CurveSource.none());
  }

  /**
   * Removes what this and former submissions of the run left beside an output: all of it once that
   * is whole, and before only what holds nothing of a model that is just being moved.
   */
  public static void removeStaging(String output, PruningWork work, boolean whole)
      throws IOException {
    List<String> submissions = new ArrayList<>(List.of(work.submission()));
    work.claim().find().ifPresent(claim -> submissions.addAll(claim.getFormer()));
    for (String submission : submissions) {
      PrunedModelDirectory directory =
          new PrunedModelDirectory(work.storage(), staging(output, submission), output);
      if (whole || !directory.isMoving()) {
        directory.removeStaging();
      }
    }
  }

  private static String staging(String output, String submission) {
    return Storage.withoutSlash(output) + ".partial-" + submission;
  }

  /** Largest weight file in bytes, unless one tensor alone is larger. */
  public WriteCheckpoint withMaxFile(long bytes) {
    return new WriteCheckpoint(work, output, bytes, padded, plan, recipe, windows, texts, curves);
  }

  /** Writes zeros up to the widest layer, if so, see {@link PrunedCheckpoint#padded}. */
  WriteCheckpoint padding(boolean zeros) {
    return new WriteCheckpoint(work, output, maxFile, zeros, plan, recipe, windows, texts, curves);
  }

  /** Records the digest of the texts that windows were drawn from; null where none were read. */
  public WriteCheckpoint withTexts(@Nullable PCollectionView<CalibrationDigest> digest) {
    return new WriteCheckpoint(
        work, output, maxFile, padded, plan, recipe, windows, digest, curves);
  }

  /** Writes the curves that the plan is of beside the model, if there are any. */
  WriteCheckpoint withCurves(CurveSource source) {
    return new WriteCheckpoint(work, output, maxFile, padded, plan, recipe, windows, texts, source);
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
    builder.add(DisplayData.item("output", output).withLabel("Output"));
    builder.add(DisplayData.item("maxFile", maxFile).withLabel("Largest file in bytes"));
  }

  @Override
  public PCollection<WrittenCheckpoint> expand(PCollection<PrunedSublayer> sublayers) {
    PCollectionView<Iterable<PrunedSublayer>> all =
        sublayers.apply("View sub-layers", View.asIterable());
    PCollectionView<Iterable<CheckpointFile>> dense =
        sublayers
            .getPipeline()
            .apply("Name dense model", Create.of(work.model()))
            .apply("Await sub-layers", Wait.on(sublayers))
            .apply("List files", ParDo.of(new ListFilesFn(work)))
            .apply("Spread files", Reshuffle.viaRandomKey())
            .apply("Hash files", ParDo.of(new HashWeights.HashFn(work)))
            .setCoder(AvroCoder.specific(CheckpointFile.class))
            .apply("View hashes", View.asIterable());
    return sublayers
        .getPipeline()
        .apply("Request files", Create.of(0))
        .apply("Plan files", ParDo.of(new PlanFilesFn(this, all)).withSideInputs(all))
        .apply("Spread file numbers", Reshuffle.viaRandomKey())
        .apply("Write weights", ParDo.of(new WriteFn(this, all)).withSideInputs(all))
        .setCoder(AvroCoder.specific(CheckpointFile.class))
        .apply("Add key", WithKeys.of(""))
        .setCoder(KvCoder.of(StringUtf8Coder.of(), AvroCoder.specific(CheckpointFile.class)))
        .apply("Gather files", GroupByKey.create())
        .apply("Finish checkpoint", finish(all, dense))
        .setCoder(AvroCoder.specific(WrittenCheckpoint.class));
  }

  private ParDo.SingleOutput<KV<String, Iterable<CheckpointFile>>, WrittenCheckpoint> finish(
      PCollectionView<Iterable<PrunedSublayer>> all,
      PCollectionView<Iterable<CheckpointFile>> dense) {
    ParDo.SingleOutput<KV<String, Iterable<CheckpointFile>>, WrittenCheckpoint> finish =
        ParDo.of(new FinishFn(this, all, dense)).withSideInputs(all, dense, plan, windows);
    return texts == null ? finish : finish.withSideInputs(texts);
  }

  private PrunedCheckpoint checkpoint(Iterable<PrunedSublayer> sublayers) throws IOException {
    PrunedCheckpoint pruned = new PrunedCheckpoint(work.open(), sorted(sublayers), maxFile);
    return padded ? pruned.padded() : pruned;
  }

  private PrunedModelDirectory directory() {
    return new PrunedModelDirectory(work.storage(), staging(output, work.submission()), output);
  }

  private static List<PrunedSublayer> sorted(Iterable<PrunedSublayer> sublayers) {
    return StreamSupport.stream(sublayers.spliterator(), false)
        .sorted(Comparator.comparing(s -> s.getReport().getSublayer()))
        .toList();
  }

  private static final class ListFilesFn extends DoFn<String, String> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;

    ListFilesFn(PruningWork work) {
      this.work = work;
    }

    @ProcessElement
    public void process(@Element String model, OutputReceiver<String> out) throws IOException {
      Model.open(work.storage(), model).checkpoint().files().forEach(out::output);
    }
  }

  private static final class PlanFilesFn extends DoFn<Integer, Integer> {
    private static final long serialVersionUID = 1;
    private final WriteCheckpoint write;
    private final PCollectionView<Iterable<PrunedSublayer>> all;

    PlanFilesFn(WriteCheckpoint write, PCollectionView<Iterable<PrunedSublayer>> all) {
      this.write = write;
      this.all = all;
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      int files = write.checkpoint(context.sideInput(all)).files().size();
      IntStream.range(0, files).forEach(context::output);
    }
  }

  private static final class WriteFn extends DoFn<Integer, CheckpointFile> {
    private static final long serialVersionUID = 1;
    private final StageMetrics metrics = StageMetrics.of("write");
    private final WriteCheckpoint write;
    private final OncePerBundle<Iterable<PrunedSublayer>, PrunedCheckpoint> checkpoint;

    WriteFn(WriteCheckpoint write, PCollectionView<Iterable<PrunedSublayer>> all) {
      this.write = write;
      this.checkpoint = OncePerBundle.of(all, write::checkpoint);
    }

    @StartBundle
    public void start() {
      checkpoint.forget();
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      long begun = System.nanoTime();
      CheckpointFile file =
          write.directory().write(checkpoint.in(context).files().get(context.element()));
      metrics.file(file.getSize(), begun);
      context.output(file);
    }
  }

  private static final class FinishFn
      extends DoFn<KV<String, Iterable<CheckpointFile>>, WrittenCheckpoint> {
    private static final long serialVersionUID = 1;
    private final WriteCheckpoint write;
    private final PCollectionView<Iterable<PrunedSublayer>> all;
    private final PCollectionView<Iterable<CheckpointFile>> dense;

    FinishFn(
        WriteCheckpoint write,
        PCollectionView<Iterable<PrunedSublayer>> all,
        PCollectionView<Iterable<CheckpointFile>> dense) {
      this.write = write;
      this.all = all;
      this.dense = dense;
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      List<PrunedSublayer> sublayers = sorted(context.sideInput(all));
      PrunedCheckpoint checkpoint = write.checkpoint(sublayers);
      WeightHashes now = HashWeights.hashes(context.sideInput(dense));
      write
          .work
          .finished()
          .weights()
          .ifPresent(kept -> HashWeights.refuseOther(write.work, kept, now));
      Model model = write.work.open();
      PruningRecord record = record(context, model, checkpoint, sublayers, now);
      write
          .directory()
          .finish(
              model, checkpoint, record, write.curves.find(write.work, now, record.getWindows()));
      context.output(
          new WrittenCheckpoint(
              write.output,
              record.getParametersBefore(),
              record.getParametersAfter(),
              HashWeights.hashes(context.element().getValue()).getFiles()));
    }

    private PruningRecord record(
        ProcessContext context,
        Model model,
        PrunedCheckpoint checkpoint,
        List<PrunedSublayer> sublayers,
        WeightHashes now) {
      PruningPlan plan = context.sideInput(write.plan);
      return PruningRecord.newBuilder()
          .setModel(write.work.model())
          .setModelFiles(now.getFiles())
          .setRecipe(write.recipe)
          .setSchedule(plan.getSchedule())
          .setTexts(write.texts == null ? null : context.sideInput(write.texts))
          .setWindows(context.sideInput(write.windows))
          .setParametersBefore(model.config().parameters(model.config().layers()))
          .setParametersAfter(checkpoint.parameters())
          .setRemovedShare(Plans.removedShare(model.config(), plan))
          .setSublayers(sublayers.stream().map(PrunedSublayer::getReport).toList())
          .setVersions(Versions.all(write.work.device()))
          .build();
    }
  }
}

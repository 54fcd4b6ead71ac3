// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.schemas.WrittenCheckpoint;
import io.github.slimbeam.transforms.output.PrunedCheckpoint;
import io.github.slimbeam.transforms.pruning.Combination;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.MapElements;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.Wait;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.jspecify.annotations.Nullable;

/**
 * Calibration windows to a pruned checkpoint: the whole chain, {@link ClaimWork}, {@link
 * EmbedTokens}, {@link PruneLayers}, {@link WriteCheckpoint}. One element comes out, once the
 * checkpoint is whole; the run's work directory is gone then. Where that directory holds what a
 * former submission of the same run finished, it is taken up.
 *
 * <p>The windows must be bounded and in the global window. A method brings its own recovery, and
 * {@link io.github.slimbeam.transforms.pruning.Combination} gives it another; how much goes where
 * is the plan's alone.
 *
 * <pre>{@code
 * PruningWork work = PruningWork.of(new FileSystemsStorage(), model, output + ".work");
 * PruningPlan plan = Plans.of(config, RatioSchedule.LOGARITHMIC, 0.3);
 * windows.apply("Prune", PruneModel.in(work, SlimGpt.defaults(), plan, output));
 * }</pre>
 */
public final class PruneModel
    extends PTransform<PCollection<TokenSequence>, PCollection<WrittenCheckpoint>> {
  private static final long serialVersionUID = 1;

  private final PruningWork work;
  private final PruningMethod method;
  private final PlanPruning planning;
  private final int layers;
  private final String output;
  private PruningRecipe recipe;
  private int from;
  private int to;
  private boolean keepWork;
  private boolean padded;
  private long maxFile = PrunedCheckpoint.MAX_FILE;
  private @Nullable PCollectionView<CalibrationDigest> texts;

  private PruneModel(
      PruningWork work, PruningMethod method, PlanPruning planning, int layers, String output) {
    Combination whole = Combination.of(method);
    this.work = work;
    this.method = whole;
    this.planning = planning;
    this.layers = layers;
    this.output = output;
    this.recipe = new PruningRecipe(whole.name(), whole.options());
    this.to = layers;
  }

  private PruneModel(PruneModel other) {
    this(other.work, other.method, other.planning, other.layers, other.output);
    recipe = other.recipe;
    from = other.from;
    to = other.to;
    keepWork = other.keepWork;
    padded = other.padded;
    maxFile = other.maxFile;
    texts = other.texts;
  }

  /**
   * Prunes the model that {@code work} names, by a plan that is known.
   *
   * @param work where to read and work
   * @param method how units are chosen and made up for
   * @param plan how many units each sub-layer loses, see {@link
   *     io.github.slimbeam.transforms.planning.Plans}
   * @param output the directory to be
   */
  public static PruneModel in(
      PruningWork work, PruningMethod method, PruningPlan plan, String output) {
    return in(work, method, PlanPruning.as(plan), plan.getTargets().size() / 2, output);
  }

  /**
   * As {@link #in(PruningWork, PruningMethod, PruningPlan, String)}, by a plan that is made first.
   *
   * @param planning makes the plan, see {@link PlanPruning}
   * @param layers decoder layers of the model, which the graph is unrolled over
   */
  public static PruneModel in(
      PruningWork work, PruningMethod method, PlanPruning planning, int layers, String output) {
    return new PruneModel(work, method, planning, layers, output);
  }

  /** Records this recipe instead of the method's own options alone. */
  public PruneModel withRecipe(PruningRecipe other) {
    PruneModel copy = new PruneModel(this);
    copy.recipe = other;
    return copy;
  }

  /** Largest weight file in bytes, unless one tensor alone is larger. */
  public PruneModel withMaxFile(long bytes) {
    PruneModel copy = new PruneModel(this);
    copy.maxFile = bytes;
    return copy;
  }

  /** Writes zeros up to the widest layer, if so, for a stock class to open the model. */
  public PruneModel padding(boolean zeros) {
    PruneModel copy = new PruneModel(this);
    copy.padded = zeros;
    return copy;
  }

  /**
   * Records the digest of the texts that the windows were drawn from; what was begun with others is
   * not taken up.
   */
  public PruneModel withTexts(PCollectionView<CalibrationDigest> digest) {
    PruneModel copy = new PruneModel(this);
    copy.texts = digest;
    return copy;
  }

  /**
   * Prunes only these layers, those before them being finished in the work directory: for models so
   * deep that one graph would be too large, and to go on where a run was stopped. The job that has
   * the last layer writes the checkpoint; from any other no element comes out.
   *
   * @param first the first
   * @param end the one after the last
   */
  public PruneModel between(int first, int end) {
    PruneModel copy = new PruneModel(this);
    copy.from = first;
    copy.to = end;
    return copy;
  }

  /**
   * Leaves the work directory to whoever submits the job, with the result's record in {@code
   * written.avro}. A worker that dies in the job's last moment can be made up for then.
   */
  public PruneModel keepingWork() {
    PruneModel copy = new PruneModel(this);
    copy.keepWork = true;
    return copy;
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
    builder.add(DisplayData.item("method", method.name()).withLabel("Method"));
    method
        .options()
        .forEach(
            o -> builder.add(DisplayData.item(o.getName(), o.getValue()).withLabel(o.getName())));
    builder.add(DisplayData.item("output", output).withLabel("Output"));
  }

  @Override
  public PCollection<WrittenCheckpoint> expand(PCollection<TokenSequence> windows) {
    PCollection<CalibrationDigest> claimed =
        windows
            .apply(
                "Write windows as texts",
                MapElements.into(TypeDescriptor.of(CalibrationText.class))
                    .via(
                        w ->
                            new CalibrationText(String.valueOf(w.getIndex()), null, w.getTokens())))
            .setCoder(AvroCoder.specific(CalibrationText.class))
            .apply("Digest windows", DigestTexts.create())
            .apply("Claim work", ClaimWork.of(work, recipe, planning).withTexts(texts));
    CurveSource curves = planning.curves();
    if (curves.given() != null) {
      claimed = claimed.apply("Check curves' windows", CheckCurves.ofWindows(curves.given(), work));
    }
    PCollection<WeightHashes> known = claimed.apply("Hash weights", HashWeights.of(work));
    if (curves.given() != null) {
      known = known.apply("Check curves' weights", CheckCurves.ofWeights(curves.given(), work));
    }
    PCollection<TokenSequence> ready = windows.apply("Await claim", Wait.on(claimed));
    PCollectionView<PruningPlan> planned =
        ready.apply("Plan pruning", planning).apply("View plan", View.asSingleton());
    PCollection<PrunedSublayer> pruned =
        ready
            .apply("Embed tokens", EmbedTokens.into(work))
            .apply(
                "Prune layers",
                PruneLayers.by(method, work, planned, layers).between(from, to).after(known));
    if (to < layers) {
      return windows
          .getPipeline()
          .apply("Write nothing", Create.empty(AvroCoder.specific(WrittenCheckpoint.class)));
    }
    PCollectionView<CalibrationDigest> digest = claimed.apply("View digest", View.asSingleton());
    PCollection<WrittenCheckpoint> written =
        pruned.apply(
            "Write checkpoint",
            WriteCheckpoint.to(output, work, planned, recipe, digest)
                .withCurves(curves)
                .withTexts(texts)
                .withMaxFile(maxFile)
                .padding(padded));
    return keepWork
        ? written.apply("Keep record", KeepRecord.at(work.finished().writtenFile()))
        : written.apply("Remove work", ParDo.of(new RemoveWorkFn(work, output)));
  }

  private static final class RemoveWorkFn extends DoFn<WrittenCheckpoint, WrittenCheckpoint> {
    private static final long serialVersionUID = 1;
    private final PruningWork work;
    private final String output;

    RemoveWorkFn(PruningWork work, String output) {
      this.work = work;
      this.output = output;
    }

    @ProcessElement
    public void process(
        @Element WrittenCheckpoint checkpoint, OutputReceiver<WrittenCheckpoint> out)
        throws IOException {
      WriteCheckpoint.removeStaging(output, work, true);
      work.claim().clear();
      out.output(checkpoint);
    }
  }
}

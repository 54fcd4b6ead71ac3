// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.PruningRecipe;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.schemas.WorkClaim;
import io.github.slimbeam.transforms.calibration.TokenizerFile;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.UserText;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;

/**
 * The digest of the calibration windows to itself, once the work directory belongs to this run: it
 * is empty, or holds what the same recipe, weights, texts, tokenizer, windows, shards and tiles
 * began with the same versions, device and instructions. Anything else is refused by name, and so
 * is a directory that a later submission has taken over.
 */
public final class ClaimWork
    extends PTransform<PCollection<CalibrationDigest>, PCollection<CalibrationDigest>> {
  private static final long serialVersionUID = 1;
  private static final String TEXTS = "calibration texts";
  private static final String WINDOWS = "calibration windows";

  /** What the client of a job cannot know. */
  private static final Set<String> KNOWN_TO_WORKERS =
      Set.of(TEXTS, WINDOWS, "pytorch", "device", "instruction set");

  private final PruningWork work;
  private final PruningRecipe recipe;
  private final String plan;
  private final @Nullable PCollectionView<CalibrationDigest> texts;

  private ClaimWork(
      PruningWork work,
      PruningRecipe recipe,
      String plan,
      @Nullable PCollectionView<CalibrationDigest> texts) {
    this.work = work;
    this.recipe = recipe;
    this.plan = plan;
    this.texts = texts;
  }

  /**
   * Claims the work directory for a run.
   *
   * @param recipe what it was asked
   * @param planning how much goes where
   */
  public static ClaimWork of(PruningWork work, PruningRecipe recipe, PlanPruning planning) {
    return new ClaimWork(work, recipe, planning.digest(), null);
  }

  /**
   * The same for windows that were drawn from texts of this digest: others are refused. Null where
   * none were read.
   */
  ClaimWork withTexts(@Nullable PCollectionView<CalibrationDigest> digest) {
    return new ClaimWork(work, recipe, plan, digest);
  }

  /**
   * Looks, before a job is submitted, whether the directory may be taken up as far as that can be
   * told without reading the calibration texts.
   *
   * @return whether there is something to take up
   * @throws io.github.slimbeam.transforms.storage.BadInputException if it may not
   */
  public boolean canResume() throws IOException {
    Optional<WorkClaim> found = work.claim().find();
    if (found.isPresent()) {
      List<RecipeOption> begun = new ArrayList<>(found.get().getRun());
      begun.removeIf(option -> KNOWN_TO_WORKERS.contains(option.getName()));
      work.claim().refuseOther(begun, run());
    }
    return found.isPresent();
  }

  @Override
  public void populateDisplayData(DisplayData.Builder builder) {
    super.populateDisplayData(builder);
    WorkItems.add(builder, work);
  }

  @Override
  public PCollection<CalibrationDigest> expand(PCollection<CalibrationDigest> windows) {
    ParDo.SingleOutput<CalibrationDigest, CalibrationDigest> claim = ParDo.of(new ClaimFn(this));
    return windows
        .apply("Take claim", texts == null ? claim : claim.withSideInputs(texts))
        .setCoder(windows.getCoder());
  }

  /** By the names of parameters; the plan last, since options say better what differs. */
  private List<RecipeOption> run() throws IOException {
    Model model = Model.open(work.storage(), work.model());
    List<RecipeOption> run = new ArrayList<>();
    run.add(new RecipeOption("method", recipe.getMethod()));
    run.addAll(recipe.getOptions());
    run.removeIf(option -> option.getName().equals("shards"));
    run.add(new RecipeOption("shards", String.valueOf(work.shards())));
    run.replaceAll(o -> new RecipeOption(UserText.parameter(o.getName()), o.getValue()));
    run.add(new RecipeOption("tile size", String.valueOf(work.tileSize())));
    run.add(new RecipeOption("model", identity(model.checkpoint())));
    TokenizerFile.digest(work.storage(), work.model())
        .ifPresent(digest -> run.add(new RecipeOption("tokenizer", digest)));
    run.add(Versions.own());
    run.add(new RecipeOption("plan", plan));
    return run;
  }

  /** Sizes and configuration, which are read at once; {@link HashWeights} tells the bytes apart. */
  private static String identity(Checkpoint checkpoint) throws IOException {
    Storage storage = checkpoint.storage();
    long bytes = 0;
    for (String file : checkpoint.files()) {
      try (SeekableByteChannel channel =
          storage.open(storage.resolve(checkpoint.directory(), file))) {
        bytes += channel.size();
      }
    }
    byte[] config = storage.read(storage.resolve(checkpoint.directory(), Checkpoint.CONFIG));
    return String.format(
        Locale.ROOT,
        "%d weight files of %d bytes, config.json %s",
        checkpoint.files().size(),
        bytes,
        HexFormat.of().formatHex(Sha256.of(config), 0, 6));
  }

  /**
   * Nothing is finished before the weights are known, so what was left without them is worth
   * nothing.
   */
  private void compareWeights() throws IOException {
    Optional<WeightHashes> kept = work.finished().weights();
    if (kept.isPresent()) {
      HashWeights.refuseOther(work, kept.get(), HashWeights.now(work));
    } else {
      work.claim().dropFormer();
    }
  }

  private static final class ClaimFn extends DoFn<CalibrationDigest, CalibrationDigest> {
    private static final long serialVersionUID = 1;
    private final ClaimWork claim;

    ClaimFn(ClaimWork claim) {
      this.claim = claim;
    }

    @ProcessElement
    public void process(ProcessContext context) throws IOException {
      CalibrationDigest windows = context.element();
      List<RecipeOption> run = claim.run();
      if (claim.texts != null) {
        run.add(option(TEXTS, context.sideInput(claim.texts)));
      }
      run.add(option(WINDOWS, windows));
      run.addAll(Versions.deciding(claim.work.device()));
      claim.work.claim().take(run);
      claim.compareWeights();
      context.output(windows);
    }

    private static RecipeOption option(String name, CalibrationDigest digest) {
      return new RecipeOption(name, digest.getTexts() + " of digest " + digest.getSha256Sum());
    }
  }
}

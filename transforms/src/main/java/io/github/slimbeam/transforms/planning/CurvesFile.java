// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerTarget;
import io.github.slimbeam.transforms.forward.Compute;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a dense pass said of removals, in the directory of the pruned model: any other ratio of the
 * same model and sample is planned from it without another pass. What the curves follow from is
 * recorded with them, and compared wherever they are taken.
 */
public final class CurvesFile {
  /** Name of the file. */
  public static final String NAME = "removal-curves.avro";

  private CurvesFile() {}

  /** What else than model and sample decides curves. */
  public static List<RecipeOption> options(SlimGpt elimination, Compute compute) {
    List<RecipeOption> options = new ArrayList<>(elimination.options());
    options.add(new RecipeOption("compute", compute.optionName()));
    return options;
  }

  /**
   * Reads curves of a model of this shape.
   *
   * @param path the file, or the directory of a pruned model
   * @throws io.github.slimbeam.transforms.storage.BadInputException if there are none, or of
   *     another shape
   */
  public static MeasuredCurves read(Storage storage, String path, ModelConfig dense)
      throws IOException {
    String inside = storage.resolve(path, NAME);
    String file = storage.exists(inside) ? inside : path;
    check(
        storage.exists(file),
        "⟨curves⟩=%s: expected %s of a run with ⟨schedule⟩=global, or the directory that it lies in; there is neither",
        path,
        NAME);
    MeasuredCurves curves =
        RecordFile.find(
                storage,
                file,
                MeasuredCurves.class,
                "measure the curves again, by a run without ⟨curves⟩")
            .orElseThrow();
    checkShape(curves.getCurves(), dense, file);
    return curves;
  }

  private static void checkShape(List<RemovalCurve> curves, ModelConfig dense, String file) {
    check(
        curves.size() == 2 * dense.layers().size(),
        "%s: curves of %d sub-layers, but the model has %d: they are of another model",
        file,
        curves.size(),
        2 * dense.layers().size());
    for (int stage = 0; stage < curves.size(); stage++) {
      RemovalCurve curve = curves.get(stage);
      SublayerTarget most = GlobalAllocation.most(dense, HiddenStateFiles.sublayerEntered(stage));
      List<Integer> removed = curve.getRemoved();
      check(
          curve.getSublayer().equals(most.getSublayer())
              && curve.getUnits() == most.getUnits()
              && isRising(removed)
              && removed.get(0) == 0
              && removed.get(removed.size() - 1) == most.getRemoved(),
          "%s: curve %d: expected layer %d %s, of 0 to %d of %d units removed: it is of another model",
          file,
          stage,
          most.getSublayer().getLayer(),
          most.getSublayer().getKind(),
          most.getRemoved(),
          most.getUnits());
      check(
          curve.getErrors().size() == removed.size()
              && curve.getErrors().stream().allMatch(error -> error >= 0 && error < 1e300),
          "%s: curve %d: expected an error that is 0 or more for each number of units removed",
          file,
          stage);
    }
  }

  private static boolean isRising(List<Integer> numbers) {
    for (int i = 1; i < numbers.size(); i++) {
      if (numbers.get(i) <= numbers.get(i - 1)) {
        return false;
      }
    }
    return !numbers.isEmpty();
  }

  /**
   * Checks that curves were measured as they would be now.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the option that differs
   */
  public static void checkOptions(MeasuredCurves curves, List<RecipeOption> now) {
    check(
        curves.getOptions().equals(now),
        "⟨curves⟩ were measured with %s, and %s is asked for: give the same options, or leave ⟨curves⟩ out",
        text(curves.getOptions()),
        text(now));
  }

  private static String text(List<RecipeOption> options) {
    return String.join(
        ", ",
        options.stream().map(option -> "⟨" + option.getName() + "⟩=" + option.getValue()).toList());
  }

  /**
   * Checks that curves are of these weights.
   *
   * @param model where they are, for messages
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the first file that
   *     differs
   */
  public static void checkWeights(
      MeasuredCurves curves, String model, List<CheckpointFile> weights) {
    for (int i = 0; i < Math.max(curves.getModelFiles().size(), weights.size()); i++) {
      String before = text(curves.getModelFiles(), i);
      String now = text(weights, i);
      check(
          before.equals(now),
          "⟨curves⟩ are of other weights than those of %s: %s then, %s now: leave ⟨curves⟩ out",
          model,
          before,
          now);
    }
  }

  private static String text(List<CheckpointFile> files, int number) {
    return number < files.size()
        ? files.get(number).getName() + " of SHA-256 " + files.get(number).getSha256()
        : "no file";
  }

  /**
   * Checks that curves are of this sample.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming both
   */
  public static void checkWindows(MeasuredCurves curves, CalibrationDigest windows) {
    CalibrationDigest before = curves.getWindows();
    check(
        before.equals(windows),
        "⟨curves⟩ are of other calibration windows: %d of digest %s then, %d of digest %s now. The same ⟨calibration⟩,"
            + " ⟨sequences⟩, ⟨sequenceLength⟩ and ⟨seed⟩ draw the same; or leave ⟨curves⟩ out",
        before.getTexts(),
        before.getSha256Sum(),
        windows.getTexts(),
        windows.getSha256Sum());
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CheckpointFile;
import io.github.slimbeam.schemas.MeasuredCurves;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.Compute;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.pruning.SlimBeam;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.RecordFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of a model of one layer: 2 KV groups, 24 channels, of which 2 at least stay. */
class CurvesFileTest {
  private static final SlimGpt ELIMINATION = SlimBeam.defaults().elimination();
  private static final CheckpointFile WEIGHTS =
      new CheckpointFile("model.safetensors", 1L, "ab".repeat(32));

  private static final MeasuredCurves CURVES =
      new MeasuredCurves(
          List.of(WEIGHTS),
          new CalibrationDigest(3L, "cd".repeat(32)),
          CurvesFile.options(ELIMINATION, Compute.FLOAT32),
          List.of(
              curve(SublayerKind.ATTENTION, 2, List.of(0, 1), List.of(0.0, 0.5)),
              curve(SublayerKind.FFN, 24, List.of(0, 20, 22), List.of(0.0, 0.25, 0.5))));

  @TempDir private Path directory;
  private ModelConfig config;

  @BeforeEach
  void open() throws IOException {
    config = SmallModel.llama().withLayers(1).writeTo(directory.resolve("model")).config();
  }

  @Test
  void comesBackFromItsFileOrDirectory() throws IOException {
    Path file = write(CURVES);
    assertThat(read(file)).isEqualTo(CURVES);
    assertThat(read(directory)).isEqualTo(CURVES);
  }

  @Test
  void whatIsNoFileOfCurvesIsRefused() throws IOException {
    Path nowhere = directory.resolve("nowhere");
    refused(
        () -> read(nowhere),
        "curves=" + nowhere + ": expected removal-curves.avro of a run with schedule=global");
    Path file = write(CURVES);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - 30] ^= 1;
    Files.write(file, bytes);
    refused(() -> read(file), "measure the curves again, by a run without curves");
  }

  @Test
  void curvesOfAnotherModelsShapeAreRefused() throws IOException {
    ModelConfig two = SmallModel.llama().withLayers(2).writeTo(directory.resolve("two")).config();
    Path file = write(CURVES);
    refused(
        () -> CurvesFile.read(ExampleModel.STORAGE, file.toString(), two),
        "curves of 2 sub-layers, but the model has 4: they are of another model");
    for (RemovalCurve wrong :
        List.of(
            curve(SublayerKind.ATTENTION, 2, List.of(0, 1), List.of(0.0, 0.5)),
            curve(SublayerKind.FFN, 25, List.of(0, 22), List.of(0.0, 0.5)),
            curve(SublayerKind.FFN, 24, List.of(0, 21), List.of(0.0, 0.5)),
            curve(SublayerKind.FFN, 24, List.of(1, 22), List.of(0.0, 0.5)),
            curve(SublayerKind.FFN, 24, List.of(0, 20, 20, 22), List.of(0.0, 0.1, 0.1, 0.5)),
            curve(SublayerKind.FFN, 24, List.of(), List.of()))) {
      refuses(
          curves -> MeasuredCurves.newBuilder(curves).setCurves(with(wrong)).build(),
          "curve 1: expected layer 0 FFN, of 0 to 22 of 24 units removed");
    }
    for (List<Double> errors :
        List.of(List.of(0.0), List.of(0.0, -1.0), List.of(0.0, Double.NaN))) {
      refuses(
          curves ->
              MeasuredCurves.newBuilder(curves)
                  .setCurves(with(curve(SublayerKind.FFN, 24, List.of(0, 22), errors)))
                  .build(),
          "curve 1: expected an error that is 0 or more for each number of units removed");
    }
  }

  @Test
  void whatTheyFollowFromIsCompared() {
    CurvesFile.checkOptions(CURVES, CurvesFile.options(ELIMINATION, Compute.FLOAT32));
    refused(
        () ->
            CurvesFile.checkOptions(
                CURVES, CurvesFile.options(SlimGpt.defaults(), Compute.FLOAT32)),
        "curves were measured with headScore=exact, groupSizes=fixed, damping=0.01, compute=float32, and"
            + " headScore=exact, groupSizes=geometric, ");
    refused(
        () -> CurvesFile.checkOptions(CURVES, CurvesFile.options(ELIMINATION, Compute.BFLOAT16)),
        "compute=bfloat16 is asked for");
    CurvesFile.checkWeights(CURVES, "m", List.of(WEIGHTS));
    CheckpointFile other = new CheckpointFile("model.safetensors", 1L, "ef".repeat(32));
    refused(
        () -> CurvesFile.checkWeights(CURVES, "m", List.of(other)),
        "curves are of other weights than those of m: model.safetensors of SHA-256 abab");
    refused(
        () -> CurvesFile.checkWeights(CURVES, "m", List.of(WEIGHTS, other)),
        "no file then, model.safetensors of SHA-256 efef");
    CurvesFile.checkWindows(CURVES, CURVES.getWindows());
    refused(
        () -> CurvesFile.checkWindows(CURVES, new CalibrationDigest(4L, "ef".repeat(32))),
        "curves are of other calibration windows: 3 of digest cdcd");
  }

  private static RemovalCurve curve(
      SublayerKind kind, int units, List<Integer> removed, List<Double> errors) {
    return new RemovalCurve(new SublayerKey(0, kind), units, removed, errors);
  }

  private static List<RemovalCurve> with(RemovalCurve ffn) {
    return List.of(CURVES.getCurves().get(0), ffn);
  }

  private void refuses(UnaryOperator<MeasuredCurves> change, String message) throws IOException {
    Path file = write(change.apply(CURVES));
    refused(() -> read(file), message);
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(BadInputException.class).hasMessageContaining(message);
  }

  private MeasuredCurves read(Path path) throws IOException {
    return CurvesFile.read(ExampleModel.STORAGE, path.toString(), config);
  }

  private Path write(MeasuredCurves curves) throws IOException {
    Path file = directory.resolve(CurvesFile.NAME);
    RecordFile.write(ExampleModel.STORAGE, file.toString(), curves);
    return file;
  }
}

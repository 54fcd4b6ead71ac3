// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TilePart;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.Coder.NonDeterministicException;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(TestPipelineExtension.class)
class AccumulateMomentsTest {
  /** The forward is F32, and sums in another order for other batches: some units of 2^-23. */
  private static final double TOLERANCE = 1e-5;

  /** What a pipeline that failed in another test has not given back. */
  private final int inUse = SharedWeights.inUse();

  @TempDir private Path directory;

  @ParameterizedTest
  @EnumSource
  void equalsTheNaiveGramOfThePlainForward(SublayerKind kind, TestPipeline pipeline)
      throws IOException {
    SmallRun run = SmallRun.in(directory);
    double[][] rows = closingInputs(run, kind);
    int tile = run.work().tileSize();
    PAssert.that(accumulate(pipeline, run, kind))
        .satisfies(
            tiles -> {
              int side = (rows[0].length + tile - 1) / tile;
              assertThat(tiles).hasSize(side * (side + 1) / 2);
              tiles.forEach(t -> check(t.getValue(), rows, tile));
              return null;
            });
    pipeline.run();
    assertThat(SharedWeights.inUse()).isEqualTo(inUse);
  }

  private static void check(TileReference tile, double[][] rows, int tileSize) {
    TileKey key = tile.getKey();
    assertThat(tile.getCount()).isEqualTo(rows.length);
    DoubleBuffer gram = DoubleBuffer.wrap(values(tile.getGram()));
    DoubleBuffer sum = DoubleBuffer.wrap(values(tile.getSum()));
    int height = tile.getGram().getShape().get(0).intValue();
    int width = tile.getGram().getShape().get(1).intValue();
    assertThat(sum.remaining()).isEqualTo(key.getRow() == key.getColumn() ? width : 0);
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j++) {
        double product = 0;
        double total = 0;
        for (double[] row : rows) {
          product += row[key.getRow() * tileSize + i] * row[key.getColumn() * tileSize + j];
          total += row[key.getColumn() * tileSize + j];
        }
        assertThat(gram.get()).isCloseTo(product, Offset.offset(TOLERANCE * rows.length));
        if (i == 0 && sum.hasRemaining()) {
          assertThat(sum.get()).isCloseTo(total, Offset.offset(TOLERANCE * rows.length));
        }
      }
    }
    assertThat(gram.hasRemaining()).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void tileZeroZeroAloneCarriesTheSquaresOfTheOpeningLinearsInput(
      SublayerKind kind, TestPipeline pipeline) throws IOException {
    SmallRun run = SmallRun.in(directory);
    double[] expected = new double[16];
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights weights = SublayerWeights.load(scope, run.model(), 0, kind);
      float[] gain = weights.tensors().get("norm.weight").toFloatArray();
      float[] x = new LanguageModel(run.model()).embed(scope, run.windows()).toFloatArray();
      for (int begin = 0; begin < x.length; begin += 16) {
        double mean = 1e-5;
        for (int d = 0; d < 16; d++) {
          mean += (double) x[begin + d] * x[begin + d] / 16;
        }
        for (int d = 0; d < 16; d++) {
          expected[d] += Math.pow(gain[d] * x[begin + d], 2) / mean;
        }
      }
    }
    PAssert.that(accumulate(pipeline, run, kind))
        .satisfies(
            tiles -> {
              for (KV<SublayerKey, TileReference> tile : tiles) {
                TileKey key = tile.getValue().getKey();
                assertThat(values(tile.getValue().getOpeningSquares()))
                    .containsExactly(
                        key.getRow() + key.getColumn() == 0 ? expected : new double[0],
                        Offset.offset(1e-3));
              }
              return null;
            });
    pipeline.run();
  }

  @Test
  void namesTheWeightThatIsNotANumber(TestPipeline pipeline) throws IOException {
    SmallModel small = SmallModel.llama();
    String damaged = "model.layers.0.self_attn.k_proj.weight";
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(small.tensors());
    float[] values = new float[8 * 16];
    values[77] = Float.NaN;
    tensors.replaceAll(
        t ->
            t.name().equals(damaged)
                ? SmallModel.source(damaged, DType.BF16, List.of(8L, 16L), values)
                : t);
    SmallRun run = SmallRun.in(directory);
    SmallModel.write(directory.resolve("model"), small.config(), tensors);
    accumulate(pipeline, run, SublayerKind.ATTENTION);
    assertThatThrownBy(pipeline::run)
        .hasCauseInstanceOf(BadInputException.class)
        .hasStackTraceContaining(
            "model.safetensors: tensor " + damaged + " contains NaN or infinite values");
  }

  @Test
  void hasKeysWithADeterministicCoder() throws NonDeterministicException {
    AvroCoder.specific(TileKey.class).verifyDeterministic();
    AvroCoder.specific(SublayerKey.class).verifyDeterministic();
  }

  /** Bit by bit: the order of arrival is that of the elements here, and must decide nothing. */
  @ParameterizedTest
  @EnumSource
  void theSumsDoNotDependOnTheOrderOfArrival(SublayerKind kind) throws IOException {
    SmallRun run = SmallRun.in(directory).withShards(7);
    SublayerKey key = new SublayerKey(0, kind);
    Map<TileKey, List<TilePart>> parts = new HashMap<>();
    Map<TileKey, TileReference> expected = new HashMap<>();
    try (TorchScope scope = TorchScope.open()) {
      List<NDArray> states = PlainPruning.embedded(scope, run);
      PlainPruning.tiles(run, states, key).forEach(t -> expected.put(t.getKey(), t));
      for (int shard : new int[] {4, 2, 6, 0, 5, 1, 3}) {
        for (TilePart part : PlainPruning.parts(run, states, key, shard)) {
          parts.computeIfAbsent(part.getTile().getKey(), k -> new ArrayList<>()).add(part);
        }
      }
    }
    for (TileKey tile : parts.keySet()) {
      TileReference merged = run.work().tiles().merge(tile, parts.get(tile), 7);
      assertThat(merged.getCount()).isEqualTo(expected.get(tile).getCount());
      assertThat(merged.getGram().getChecksum())
          .isEqualTo(expected.get(tile).getGram().getChecksum());
    }
    assertThat(expected).hasSameSizeAs(parts);
    TileKey some = parts.keySet().iterator().next();
    assertThatThrownBy(() -> run.work().tiles().merge(some, parts.get(some).subList(0, 6), 7))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("6 shards have sums of it, expected each of 7 once");
  }

  private static PCollection<KV<SublayerKey, TileReference>> accumulate(
      TestPipeline pipeline, SmallRun run, SublayerKind kind) throws IOException {
    List<HiddenStates> states = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      List<NDArray> shards = PlainPruning.embedded(scope, run);
      for (int i = 0; i < shards.size(); i++) {
        states.add(
            run.work().hiddenStates().write(0, i, PlainPruning.lengths(run, i), shards.get(i)));
      }
    }
    return pipeline
        .apply(Create.of(states).withCoder(AvroCoder.specific(HiddenStates.class)))
        .apply(AccumulateMoments.of(run.work(), new SublayerKey(0, kind)));
  }

  /** The values of a tensor in a file; none where there is none. */
  private static double[] values(TensorReference reference) {
    if (reference == null) {
      return new double[0];
    }
    try (TorchScope scope = TorchScope.open()) {
      return TensorBytes.load(scope, new FileSystemsStorage(), reference).toDoubleArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every token's row, computed window by window. */
  private static double[][] closingInputs(SmallRun run, SublayerKind kind) throws IOException {
    List<double[]> rows = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights weights = SublayerWeights.load(scope, run.model(), 0, kind);
      DecoderForward forward = new DecoderForward(run.model().config());
      for (TokenSequence window : run.windows()) {
        NDArray x = new LanguageModel(run.model()).embed(scope, List.of(window));
        NDArray z = forward.closingInput(scope, x, 1, weights);
        float[] values = z.toFloatArray();
        int width = (int) z.getShape().get(1);
        for (int at = 0; at < values.length; at += width) {
          double[] row = new double[width];
          for (int j = 0; j < width; j++) {
            row[j] = values[at + j];
          }
          rows.add(row);
        }
      }
    }
    return rows.toArray(double[][]::new);
  }
}

package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.model.DecoderForward;
import io.github.slimbeam.transforms.model.LanguageModel;
import io.github.slimbeam.transforms.model.SharedWeights;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.model.SublayerWeights;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
              tiles.forEach(t -> check(t.getKey(), t.getValue(), rows, tile));
              return null;
            });
    pipeline.run();
    assertThat(SharedWeights.inUse()).isEqualTo(inUse);
  }

  private static void check(TileKey key, GramTile tile, double[][] rows, int tileSize) {
    assertThat(tile.getCount()).isEqualTo(rows.length);
    DoubleBuffer gram = tile.getGram().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    DoubleBuffer sum = tile.getSum().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    assertThat(sum.remaining()).isEqualTo(key.getRow() == key.getColumn() ? tile.getColumns() : 0);
    for (int i = 0; i < tile.getRows(); i++) {
      for (int j = 0; j < tile.getColumns(); j++) {
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
      float[] gain = weights.tensors().get("norm").toFloatArray();
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
              for (KV<TileKey, GramTile> tile : tiles) {
                double[] squares = new double[tile.getValue().getOpeningSquares().remaining() / 8];
                tile.getValue()
                    .getOpeningSquares()
                    .duplicate()
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .asDoubleBuffer()
                    .get(squares);
                boolean first = tile.getKey().getRow() + tile.getKey().getColumn() == 0;
                assertThat(squares)
                    .containsExactly(first ? expected : new double[0], Offset.offset(1e-3));
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
    AvroCoder.of(TileKey.class).verifyDeterministic();
    AvroCoder.of(SublayerKey.class).verifyDeterministic();
  }

  private static PCollection<KV<TileKey, GramTile>> accumulate(
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
        .apply(Create.of(states).withCoder(AvroCoder.of(HiddenStates.class)))
        .apply(AccumulateMoments.of(run.work(), new SublayerKey(0, kind)));
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

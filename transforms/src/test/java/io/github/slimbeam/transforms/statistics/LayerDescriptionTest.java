// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the forward of one sequence at a time, and sums in plain loops. */
class LayerDescriptionTest {
  /** The forward is F32, and sums in another order for other batches: some units of 2^-23. */
  private static final double TOLERANCE = 1e-5;

  @TempDir private Path directory;

  @Test
  void sumsAndCosinesAreThoseOfPlainLoops() throws IOException {
    Model model = SmallModel.llama().writeTo(directory);
    List<TokenSequence> sequences = sequences(5);
    List<LayerStatistics> layers = LayerDescription.of(model, sequences);
    assertThat(layers).extracting(LayerStatistics::getLayer).containsExactly(0, 1, 2);
    for (LayerStatistics layer : layers) {
      assertThat(layer.getTokens()).isEqualTo(7 + 8 + 9 + 7 + 8);
      double[][] attention = new double[2][16];
      double[][] ffn = new double[2][24];
      double cosines = 0;
      for (TokenSequence sequence : sequences) {
        cosines += naive(model, sequence, layer.getLayer(), attention, ffn);
      }
      assertThat(layer.getCosineSum()).isCloseTo(cosines, within(TOLERANCE));
      assertClose(layer.getAttentionSum(), attention[0]);
      assertClose(layer.getAttentionSquares(), attention[1]);
      assertClose(layer.getFfnSum(), ffn[0]);
      assertClose(layer.getFfnSquares(), ffn[1]);
    }
  }

  @Test
  void theSumOfPartsIsTheWhole() throws IOException {
    Model model = SmallModel.llama().writeTo(directory);
    List<TokenSequence> sequences = sequences(7);
    List<LayerStatistics> first = LayerDescription.of(model, sequences.subList(0, 3));
    List<LayerStatistics> second = LayerDescription.of(model, sequences.subList(3, 7));
    List<LayerStatistics> whole = LayerDescription.of(model, sequences);
    for (int layer = 0; layer < 3; layer++) {
      LayerStatistics sum = LayerDescription.sum(first.get(layer), second.get(layer));
      LayerStatistics all = whole.get(layer);
      assertThat(sum.getLayer()).isEqualTo(layer);
      assertThat(sum.getTokens()).isEqualTo(all.getTokens());
      assertThat(sum.getCosineSum()).isCloseTo(all.getCosineSum(), within(TOLERANCE));
      assertClose(sum.getAttentionSum(), values(all.getAttentionSum()));
      assertClose(sum.getAttentionSquares(), values(all.getAttentionSquares()));
      assertClose(sum.getFfnSum(), values(all.getFfnSum()));
      assertClose(sum.getFfnSquares(), values(all.getFfnSquares()));
    }
  }

  /** Made by another program on the same 64 windows. */
  @Test
  void theExampleModelsCosinesAreThoseOfTheFixture() throws IOException {
    List<TokenSequence> windows = new ArrayList<>();
    Path file = ExampleModel.EXAMPLES.resolve("calibration-windows.jsonl");
    for (String line : Files.readAllLines(file)) {
      List<Integer> ids = new ArrayList<>();
      for (JsonNode id : new ObjectMapper().readTree(line).get("input_ids")) {
        ids.add(id.intValue());
      }
      windows.add(new TokenSequence(windows.size(), ids));
    }
    assertThat(windows).hasSize(64);
    try (TorchScope scope = TorchScope.open()) {
      double[] expected = ExampleModel.values(scope, "slimllm", "layer_cosines");
      double[] actual =
          LayerDescription.of(ExampleModel.open(), windows).stream()
              .mapToDouble(l -> l.getCosineSum() / l.getTokens())
              .toArray();
      assertThat(actual).containsExactly(expected, within(1e-5));
    }
  }

  @Test
  void namesTheLayerWhoseActivationsOverflow() throws IOException {
    SmallModel small = SmallModel.llama().withDtype(DType.F32);
    String name = "model.layers.1.mlp.up_proj.weight";
    float[] values = new float[24 * 16];
    Arrays.fill(values, 3e38f);
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(small.tensors());
    tensors.replaceAll(
        t ->
            t.name().equals(name)
                ? SmallModel.source(name, DType.F32, List.of(24L, 16L), values)
                : t);
    SmallModel.write(directory, small.config(), tensors);
    Model model = Model.open(ExampleModel.STORAGE, directory.toString());
    assertThatThrownBy(() -> LayerDescription.of(model, sequences(2)))
        .isInstanceOf(BadInputException.class)
        .hasMessage(directory + ": layer 1: the activations contain NaN or infinite values");
  }

  /** Adds Σz and Σz² of one sequence in one layer; returns its Σ cos. */
  private static double naive(
      Model model, TokenSequence sequence, int layer, double[][] attention, double[][] ffn)
      throws IOException {
    DecoderForward forward = new DecoderForward(model.config());
    try (TorchScope scope = TorchScope.open()) {
      NDArray x = new LanguageModel(model).embed(scope, List.of(sequence));
      NDArray entering = x;
      for (int l = 0; l <= layer; l++) {
        entering = x;
        for (SublayerKind kind : SublayerKind.values()) {
          SublayerWeights weights = SublayerWeights.load(scope, model, l, kind);
          NDArray z = forward.closingInput(scope, x, 1, weights);
          if (l == layer) {
            add(z.toFloatArray(), kind == SublayerKind.ATTENTION ? attention : ffn);
          }
          x = forward.close(scope, x, z, weights);
        }
      }
      return cosines(entering.toFloatArray(), x.toFloatArray());
    }
  }

  private static void add(float[] rows, double[][] sums) {
    for (int i = 0; i < rows.length; i++) {
      int column = i % sums[0].length;
      sums[0][column] += rows[i];
      sums[1][column] += (double) rows[i] * rows[i];
    }
  }

  private static double cosines(float[] x, float[] y) {
    double total = 0;
    for (int begin = 0; begin < x.length; begin += 16) {
      double xy = 0;
      double xx = 0;
      double yy = 0;
      for (int i = begin; i < begin + 16; i++) {
        xy += (double) x[i] * y[i];
        xx += (double) x[i] * x[i];
        yy += (double) y[i] * y[i];
      }
      total += xy / Math.sqrt(xx * yy);
    }
    return total;
  }

  private static void assertClose(ByteBuffer actual, double... expected) {
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertThat(values(actual)).containsExactly(expected, within(TOLERANCE * (1 + largest)));
  }

  private static double[] values(ByteBuffer bytes) {
    double[] values = new double[bytes.remaining() / 8];
    bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(values);
    return values;
  }

  /** Of 7, 8 and 9 tokens. */
  private static List<TokenSequence> sequences(int count) {
    Random random = new Random(5);
    return IntStream.range(0, count)
        .mapToObj(i -> new TokenSequence(i, random.ints(7 + i % 3, 0, 32).boxed().toList()))
        .toList();
  }
}

package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.DecoderForward;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.LanguageModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ShardForward;
import io.github.slimbeam.transforms.model.SublayerWeights;
import io.github.slimbeam.transforms.torch.MemoryShortage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Moments of a shard whose batches have to be halved are those of the shard. */
class SumsUnderShortageTest {
  private static final int LENGTH = 8;
  private static final int SEQUENCES = 7;

  @ParameterizedTest
  @EnumSource
  void noBatchIsCountedTwiceOrNotAtAll(SublayerKind kind) throws IOException {
    List<GramTile> expected = tiles(kind, Integer.MAX_VALUE);
    for (int most : new int[] {LENGTH, 2 * LENGTH, 3 * LENGTH}) {
      List<GramTile> halved = tiles(kind, most);
      assertThat(halved).hasSameSizeAs(expected);
      for (int i = 0; i < expected.size(); i++) {
        assertThat(halved.get(i).getCount()).isEqualTo(SEQUENCES * LENGTH);
        assertEqual(halved.get(i).getGram(), expected.get(i).getGram());
        assertEqual(halved.get(i).getSum(), expected.get(i).getSum());
        assertEqual(halved.get(i).getOpeningSquares(), expected.get(i).getOpeningSquares());
      }
    }
  }

  private static List<GramTile> tiles(SublayerKind kind, int most) throws IOException {
    Model model = ExampleModel.open();
    List<TokenSequence> sequences =
        IntStream.range(0, SEQUENCES)
            .mapToObj(
                i ->
                    new TokenSequence(
                        i, IntStream.range(0, LENGTH).mapToObj(j -> 11 * i + j + 1).toList()))
            .toList();
    List<Integer> lengths = sequences.stream().map(s -> s.getTokens().size()).toList();
    ShardForward forward = new ShardForward(new DecoderForward(model.config()), 5 * LENGTH);
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights weights = SublayerWeights.load(scope, model, 0, kind);
      int width = (int) weights.closing().getShape().get(1);
      NDArray states = new LanguageModel(model).embed(scope, sequences);
      try (GramAccumulator sums =
          new GramAccumulator(new TileGrid(width, 128), model.config().hidden())) {
        forward.closingInputs(
            states,
            lengths,
            weights,
            z -> {
              shortBeyond(most, z);
              sums.add(z, "layer 0");
            });
        forward.openingInputs(
            states,
            lengths,
            weights,
            a -> {
              shortBeyond(most, a);
              sums.addOpening(a);
            });
        List<GramTile> tiles = new ArrayList<>();
        sums.forEachTile((place, tile) -> tiles.add(tile));
        return tiles;
      }
    }
  }

  private static void shortBeyond(int most, NDArray batch) {
    if (batch.getShape().get(0) > most) {
      throw MemoryShortage.meet();
    }
  }

  private static void assertEqual(ByteBuffer actual, ByteBuffer expected) {
    DoubleBuffer x = doubles(actual);
    DoubleBuffer y = doubles(expected);
    assertThat(x.remaining()).isEqualTo(y.remaining());
    for (int i = 0; i < x.remaining(); i++) {
      // Activations are F32: a batch of another size may round its products otherwise.
      assertThat(x.get(i)).isCloseTo(y.get(i), within(1e-6 * Math.max(1, Math.abs(y.get(i)))));
    }
  }

  private static DoubleBuffer doubles(ByteBuffer bytes) {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
  }
}

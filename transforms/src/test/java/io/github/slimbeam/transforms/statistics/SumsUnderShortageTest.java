// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.MemoryShortage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Moments of a shard whose batches have to be halved are those of the shard. */
class SumsUnderShortageTest {
  private static final int LENGTH = 8;
  private static final int SEQUENCES = 7;

  @ParameterizedTest
  @EnumSource
  void noBatchIsCountedTwiceOrNotAtAll(SublayerKind kind) throws IOException {
    List<double[]> expected = sums(kind, Integer.MAX_VALUE);
    for (int most : new int[] {LENGTH, 2 * LENGTH, 3 * LENGTH}) {
      List<double[]> halved = sums(kind, most);
      assertThat(halved).hasSameSizeAs(expected);
      for (int i = 0; i < expected.size(); i++) {
        assertEqual(halved.get(i), expected.get(i));
      }
    }
  }

  /** Tokens, then all sums of all tiles. */
  private static List<double[]> sums(SublayerKind kind, int most) throws IOException {
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
        List<double[]> all = new ArrayList<>();
        all.add(new double[] {sums.count()});
        for (GramAccumulator.TileSums tile : sums.tiles()) {
          Stream.of(tile.gram(), tile.sum(), tile.openingSquares())
              .filter(Objects::nonNull)
              .forEach(tensor -> all.add(tensor.toDoubleArray()));
        }
        assertThat(all.get(0)).containsExactly(SEQUENCES * LENGTH);
        return all;
      }
    }
  }

  private static void shortBeyond(int most, NDArray batch) {
    if (batch.getShape().get(0) > most) {
      throw MemoryShortage.meet();
    }
  }

  private static void assertEqual(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      // Activations and sums of a batch are F32: one of another size rounds otherwise.
      assertThat(actual[i])
          .isCloseTo(expected[i], within(1e-5 * Math.max(1, Math.abs(expected[i]))));
    }
  }
}

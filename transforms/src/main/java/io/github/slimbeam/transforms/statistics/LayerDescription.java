// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.statistics;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.Batches;
import io.github.slimbeam.transforms.forward.Compute;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.DoubleBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** One dense pass over some sequences, summed up layer by layer. */
public final class LayerDescription {
  private static final TorchProgram PROGRAM = TorchProgram.of(LayerDescription.class);

  private LayerDescription() {}

  /** Σz and Σz² of a closing linear's input. */
  private record Sums(NDArray sum, NDArray squares) {
    static Sums empty(TorchScope scope, int width) {
      return new Sums(scope.zeros(DataType.FLOAT64, width), scope.zeros(DataType.FLOAT64, width));
    }

    void add(NDArray z) {
      try (TorchScope scope = TorchScope.open()) {
        PROGRAM.call(scope, "add", sum, squares, z);
      }
    }
  }

  /** What a dense pass over these sequences says of each layer. */
  public static List<LayerStatistics> of(Model model, List<TokenSequence> sequences)
      throws IOException {
    return of(model, sequences, Compute.FLOAT32, Batches.MAX_TOKENS);
  }

  /** The same with linears in this, so many tokens at once. */
  public static List<LayerStatistics> of(
      Model model, List<TokenSequence> sequences, Compute compute, int batchTokens)
      throws IOException {
    List<Integer> lengths = sequences.stream().map(s -> s.getTokens().size()).toList();
    ShardForward forward = ShardForward.of(model.config(), batchTokens);
    List<LayerStatistics> layers = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      NDArray entering = new LanguageModel(model).embed(scope, sequences);
      for (int layer = 0; layer < model.config().layers().size(); layer++) {
        NDArray states = entering;
        try (TorchScope inner = scope.nested()) {
          Map<SublayerKind, Sums> sums = new EnumMap<>(SublayerKind.class);
          for (SublayerKind kind : SublayerKind.values()) {
            SublayerWeights weights =
                SublayerWeights.load(inner, model, layer, kind).in(inner, compute);
            Sums kindSums = Sums.empty(inner, (int) weights.closing().getShape().get(1));
            forward.closingInputs(states, lengths, weights, kindSums::add);
            states = forward.through(inner, states, lengths, weights);
            sums.put(kind, kindSums);
          }
          double cosines = forward.cosineSum(entering, states, lengths, layer);
          BadInputException.check(
              Double.isFinite(cosines),
              "%s: layer %d: the activations contain NaN or infinite values",
              model.checkpoint().directory(),
              layer);
          layers.add(statistics(layer, states.getShape().get(0), cosines, sums));
          entering.close();
          entering = scope.adopt(states);
        }
      }
    }
    return layers;
  }

  /** Adds parts of the same layer. */
  public static LayerStatistics sum(LayerStatistics a, LayerStatistics b) {
    return new LayerStatistics(
        a.getLayer(),
        a.getTokens() + b.getTokens(),
        a.getCosineSum() + b.getCosineSum(),
        sum(a.getAttentionSum(), b.getAttentionSum()),
        sum(a.getAttentionSquares(), b.getAttentionSquares()),
        sum(a.getFfnSum(), b.getFfnSum()),
        sum(a.getFfnSquares(), b.getFfnSquares()));
  }

  private static LayerStatistics statistics(
      int layer, long tokens, double cosines, Map<SublayerKind, Sums> sums) {
    Sums attention = requireNonNull(sums.get(SublayerKind.ATTENTION), "every kind was passed");
    Sums ffn = requireNonNull(sums.get(SublayerKind.FFN), "every kind was passed");
    return new LayerStatistics(
        layer,
        tokens,
        cosines,
        ByteBuffer.wrap(attention.sum().toByteArray()),
        ByteBuffer.wrap(attention.squares().toByteArray()),
        ByteBuffer.wrap(ffn.sum().toByteArray()),
        ByteBuffer.wrap(ffn.squares().toByteArray()));
  }

  private static ByteBuffer sum(ByteBuffer a, ByteBuffer b) {
    DoubleBuffer x = a.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    DoubleBuffer y = b.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer();
    ByteBuffer bytes = ByteBuffer.allocate(a.remaining()).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < x.remaining(); i++) {
      bytes.putDouble(x.get(i) + y.get(i));
    }
    return bytes.flip();
  }
}

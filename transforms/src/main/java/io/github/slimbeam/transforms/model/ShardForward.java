package io.github.slimbeam.transforms.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import java.util.function.Consumer;

/**
 * The forward pass over a shard: sequences one below the other, computed in batches of bounded
 * size.
 *
 * @param forward the model's forward pass
 * @param maxTokens computed at once
 */
public record ShardForward(DecoderForward forward, int maxTokens) {

  /** With {@link Batches#MAX_TOKENS}. */
  public static ShardForward of(ModelConfig config) {
    return new ShardForward(new DecoderForward(config), Batches.MAX_TOKENS);
  }

  /** Hidden states after a sub-layer, [tokens, hidden]. */
  public NDArray through(
      TorchScope scope, NDArray states, List<Integer> lengths, SublayerWeights weights) {
    try (TorchScope inner = scope.nested()) {
      NDList outputs = new NDList();
      for (Batches.Batch batch : Batches.of(lengths, maxTokens)) {
        outputs.add(forward.forward(inner, rows(inner, states, batch), batch.sequences(), weights));
      }
      return scope.adopt(outputs.isEmpty() ? states.duplicate() : NDArrays.concat(outputs));
    }
  }

  /** Hands out the closing linear's input, batch by batch, [tokens of the batch, width]. */
  public void closingInputs(
      NDArray states, List<Integer> lengths, SublayerWeights weights, Consumer<NDArray> consumer) {
    for (Batches.Batch batch : Batches.of(lengths, maxTokens)) {
      try (TorchScope scope = TorchScope.open()) {
        consumer.accept(
            forward.closingInput(scope, rows(scope, states, batch), batch.sequences(), weights));
      }
    }
  }

  private static NDArray rows(TorchScope scope, NDArray states, Batches.Batch batch) {
    return scope.adopt(states.get(new NDIndex("{}:{}", batch.firstToken(), batch.end())));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;

/**
 * The forward pass in F32, in parts: a sub-layer computes z from x (opening), then x + W z + b
 * (closing).
 *
 * <p><em>Shapes</em>: x is [tokens, hidden], the sequences of a batch one below the other and
 * equally long; z is [tokens, width of the closing linear's input]. <em>Cost</em>: 2 flops a weight
 * and token, and 2·tokens·length·heads·d for causal attention.
 *
 * @param config the model's configuration
 */
public record DecoderForward(ModelConfig config) {
  private static final TorchProgram PROGRAM = TorchProgram.of(DecoderForward.class);

  /** The closing linear's input for a batch of {@code sequences} equally long sequences. */
  public NDArray closingInput(TorchScope scope, NDArray x, int sequences, SublayerWeights weights) {
    return weights.kind() == SublayerKind.FFN
        ? PROGRAM.call(scope, "ffn_input", x, weights.tensors(), weights.traits())
        : PROGRAM.call(scope, "attention_input", x, weights.tensors(), weights.traits(), sequences);
  }

  /**
   * The attention's closing input for tokens that go on where a sequence stands: row i of x is its
   * token {@code begin + i}, and sees those before it through what they left in the caches.
   *
   * <p>Some rotary embeddings turn all tokens of a long sequence otherwise: {@code reach} is how
   * far the sequence goes, these tokens and those that will come of the same call included.
   *
   * <p><em>Shapes</em>: keys and values [groups, places, d], of which places {@code begin} to
   * {@code begin + tokens} are written here, in place.
   */
  public NDArray cachedAttentionInput(
      TorchScope scope,
      NDArray x,
      SublayerWeights weights,
      NDArray keys,
      NDArray values,
      int begin,
      int reach) {
    return PROGRAM.call(
        scope,
        "cached_attention_input",
        x,
        weights.tensors(),
        weights.traits(),
        keys,
        values,
        begin,
        reach);
  }

  /** The opening linears' input: the normalised hidden states, [tokens, hidden]. */
  public NDArray openingInput(TorchScope scope, NDArray x, SublayerWeights weights) {
    return PROGRAM.call(scope, "opening_input", x, weights.tensors(), weights.traits());
  }

  /** Σ over tokens of the cosine between rows of x and y. */
  public double cosineSum(NDArray x, NDArray y) {
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM.call(scope, "cosine_sum", x, y).getDouble();
    }
  }

  /** x + W z + b, or what the model's traits make of it. */
  public NDArray close(TorchScope scope, NDArray x, NDArray z, SublayerWeights weights) {
    return PROGRAM.call(scope, "close", x, z, weights.tensors(), weights.traits());
  }

  /** The sub-layer whole: x + W z(x) + b. */
  public NDArray forward(TorchScope scope, NDArray x, int sequences, SublayerWeights weights) {
    try (TorchScope inner = scope.nested()) {
      return scope.adopt(close(inner, x, closingInput(inner, x, sequences, weights), weights));
    }
  }

  /**
   * What the closing linear shall make of its inputs in the pruned stream, so that it meets the
   * dense one.
   *
   * @param scale √w, [tokens, 1], by which its inputs are to be multiplied
   * @param target the outputs then, [tokens, hidden]
   */
  public record Aim(NDArray scale, NDArray target) {}

  /**
   * The aim of a batch.
   *
   * @param x the pruned stream before the sub-layer
   * @param zd the closing linear's input in the dense stream; looked at only with a norm behind it
   * @param after the dense stream after the sub-layer
   */
  Aim aim(TorchScope scope, NDArray x, NDArray zd, NDArray after, SublayerWeights weights) {
    List<NDArray> aim =
        PROGRAM.callTuple(scope, "aim", x, zd, after, weights.tensors(), weights.traits());
    return new Aim(aim.get(0), aim.get(1));
  }

  /** Each row times a number of its own. */
  NDArray times(TorchScope scope, NDArray z, NDArray scale) {
    return PROGRAM.call(scope, "times", z, scale);
  }

  /** Inputs of the closing linear, each token times √w. */
  NDArray weighted(TorchScope scope, NDArray z, NDArray after) {
    return PROGRAM.call(scope, "weighted", z, after);
  }

  /** Puts a batch's states into those of the shard, from a row on. */
  void put(TorchScope scope, NDArray shard, int row, NDArray batch) {
    PROGRAM.call(scope, "put", shard, row, batch);
  }

  /** Rows of the embedding, [tokens, hidden]; ids is [tokens] int64. */
  public NDArray embed(TorchScope scope, NDArray table, NDArray ids) {
    double scale = config.traits().embeddingScale();
    if (scale == 1) {
      return Selection.of(scope, table, 0, ids);
    }
    try (TorchScope inner = scope.nested()) {
      return PROGRAM.call(scope, "scaled", Selection.of(inner, table, 0, ids), scale);
    }
  }
}

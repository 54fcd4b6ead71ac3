// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass over a shard: sequences one below the other, computed in batches of bounded
 * size. Where the device's memory runs out, the batch and those after it are halved, down to one
 * sequence; the result is the same but for rounding. Only if one sequence alone does not fit, that
 * is an error, of {@link io.github.slimbeam.transforms.storage.BadInputException}'s kind.
 *
 * <p><em>Memory</em>: a shard before and after, tokens · hidden · 4 bytes each, and the activations
 * of a batch.
 *
 * @param forward the model's forward pass
 * @param maxTokens computed at once
 */
public record ShardForward(DecoderForward forward, int maxTokens) {

  /** One sub-layer over a batch of equally long sequences. */
  @FunctionalInterface
  interface Sublayer {
    NDArray forward(TorchScope scope, NDArray x, int sequences, SublayerWeights weights);
  }

  @FunctionalInterface
  private interface Work {
    void run(TorchScope scope, Batches.Batch batch);
  }

  /** Goes through layers of this model in batches of {@link Batches#MAX_TOKENS} tokens at most. */
  public static ShardForward of(ModelConfig config) {
    return of(config, Batches.MAX_TOKENS);
  }

  /** The same in batches of so many tokens at most. */
  public static ShardForward of(ModelConfig config, int maxTokens) {
    return new ShardForward(new DecoderForward(config), maxTokens);
  }

  /** Hidden states after a sub-layer, [tokens, hidden]. */
  public NDArray through(
      TorchScope scope, NDArray states, List<Integer> lengths, SublayerWeights weights) {
    return through(scope, states, lengths, weights, forward::forward);
  }

  NDArray through(
      TorchScope scope,
      NDArray states,
      List<Integer> lengths,
      SublayerWeights weights,
      Sublayer sublayer) {
    NDArray after = room(scope, weights, states.getShape().get(0), states.getShape().get(1));
    inBatches(
        lengths,
        weights.where(),
        (inner, batch) ->
            forward.put(
                inner,
                after,
                batch.firstToken(),
                sublayer.forward(inner, rows(inner, states, batch), batch.sequences(), weights)));
    return after;
  }

  /**
   * Hands out the closing linear's input, batch by batch, [tokens of the batch, width]. A consumer
   * that runs out of memory gets the same tokens again in smaller batches, so it must leave no
   * trace of those that it could not take.
   */
  public void closingInputs(
      NDArray states, List<Integer> lengths, SublayerWeights weights, Consumer<NDArray> consumer) {
    inBatches(
        lengths,
        weights.where(),
        (scope, batch) ->
            consumer.accept(
                forward.closingInput(
                    scope, rows(scope, states, batch), batch.sequences(), weights)));
  }

  /** As {@link #closingInputs}, and all of them together at the end, [tokens, width]. */
  public NDArray collectedInputs(
      TorchScope scope,
      NDArray states,
      List<Integer> lengths,
      SublayerWeights weights,
      Consumer<NDArray> consumer) {
    long tokens = states.getShape().get(0);
    NDArray all = room(scope, weights, tokens, weights.closing().getShape().get(1));
    inBatches(
        lengths,
        weights.where(),
        (inner, batch) -> {
          NDArray z =
              forward.closingInput(inner, rows(inner, states, batch), batch.sequences(), weights);
          forward.put(inner, all, batch.firstToken(), z);
          consumer.accept(z);
        });
    return all;
  }

  /** Takes a batch of the closing linear's inputs and its targets, null where there are none. */
  @FunctionalInterface
  public interface TargetConsumer {
    void accept(NDArray inputs, @Nullable NDArray targets);
  }

  /**
   * Goes through a dense sub-layer with the dense stream, whose states after it come out, and hands
   * out the closing linear's inputs, each token times √w, as {@link #closingInputs} does: those of
   * the pruned stream, and what the linear shall make of them so that it meets the dense one.
   *
   * @param pruned the pruned stream; null for the dense one alone, whose inputs are handed out then
   * @param dense the dense stream, the same tokens
   * @param inputs into which the pruned stream's inputs are put as they are; null if nobody wants
   *     them
   */
  public NDArray alongDense(
      TorchScope scope,
      @Nullable NDArray pruned,
      NDArray dense,
      @Nullable NDArray inputs,
      List<Integer> lengths,
      SublayerWeights weights,
      TargetConsumer consumer) {
    NDArray after = room(scope, weights, dense.getShape().get(0), dense.getShape().get(1));
    inBatches(
        lengths,
        weights.where(),
        (inner, batch) -> {
          NDArray xd = rows(inner, dense, batch);
          NDArray zd = forward.closingInput(inner, xd, batch.sequences(), weights);
          NDArray y = forward.close(inner, xd, zd, weights);
          forward.put(inner, after, batch.firstToken(), y);
          if (pruned == null) {
            consumer.accept(forward.weighted(inner, zd, y), null);
            return;
          }
          hand(inner, batch, rows(inner, pruned, batch), zd, y, inputs, weights, consumer);
        });
    return after;
  }

  /**
   * As {@link #alongDense}, where the dense stream after the sub-layer is known and no norm follows
   * the closing linear: the dense sub-layer is not computed again.
   *
   * @param after the dense stream after the sub-layer
   */
  public void towards(
      NDArray pruned,
      NDArray after,
      @Nullable NDArray inputs,
      List<Integer> lengths,
      SublayerWeights weights,
      TargetConsumer consumer) {
    inBatches(
        lengths,
        weights.where(),
        (inner, batch) -> {
          NDArray x = rows(inner, pruned, batch);
          hand(inner, batch, x, x, rows(inner, after, batch), inputs, weights, consumer);
        });
  }

  /** The pruned stream's closing inputs of a batch, and their target. */
  private void hand(
      TorchScope scope,
      Batches.Batch batch,
      NDArray x,
      NDArray zd,
      NDArray y,
      @Nullable NDArray inputs,
      SublayerWeights weights,
      TargetConsumer consumer) {
    NDArray z = forward.closingInput(scope, x, batch.sequences(), weights);
    if (inputs != null) {
      forward.put(scope, inputs, batch.firstToken(), z);
    }
    DecoderForward.Aim aim = forward.aim(scope, x, zd, y, weights);
    consumer.accept(forward.times(scope, z, aim.scale()), aim.target());
  }

  /**
   * Takes one window: the opening linears' inputs, and what the closing linear shall make of them.
   */
  @FunctionalInterface
  public interface WindowConsumer {
    void accept(int window, NDArray openingInputs, DecoderForward.Aim aim);
  }

  /**
   * Hands out what a sub-layer's weights are to be fitted to, window by window; what comes belongs
   * to the scope.
   *
   * @param pruned the pruned stream
   * @param dense the dense stream before the dense sub-layer
   * @param after and after it
   * @param chosen which of the shard's windows, by their numbers in it
   */
  public void aims(
      TorchScope scope,
      NDArray pruned,
      NDArray dense,
      NDArray after,
      List<Integer> lengths,
      IntPredicate chosen,
      SublayerWeights weights,
      WindowConsumer consumer) {
    int row = 0;
    for (int window = 0; window < lengths.size(); window++) {
      Batches.Batch batch = new Batches.Batch(row, 1, lengths.get(window));
      row = batch.end();
      if (!chosen.test(window)) {
        continue;
      }
      try (TorchScope inner = scope.nested()) {
        NDArray x = rows(inner, pruned, batch);
        NDArray xd = rows(inner, dense, batch);
        NDArray zd = weights.hasNormAfter() ? forward.closingInput(inner, xd, 1, weights) : xd;
        DecoderForward.Aim aim = forward.aim(inner, x, zd, rows(inner, after, batch), weights);
        consumer.accept(
            window,
            scope.adopt(forward.openingInput(inner, x, weights).duplicate()),
            new DecoderForward.Aim(scope.adopt(aim.scale()), scope.adopt(aim.target())));
      }
    }
  }

  /** Memory for the closing linear's inputs of a shard, to be written over. */
  public NDArray inputs(TorchScope scope, long tokens, SublayerWeights weights) {
    return room(scope, weights, tokens, weights.closing().getShape().get(1));
  }

  /**
   * Hidden states after a sub-layer of which the closing linear alone is left to be computed.
   *
   * @param inputs what {@link #collectedInputs} gave of the dense sub-layer
   * @param columns those of it that the weights are for
   */
  public NDArray closed(
      TorchScope scope,
      NDArray states,
      NDArray inputs,
      List<Integer> lengths,
      SublayerWeights weights,
      int... columns) {
    NDArray after = room(scope, weights, states.getShape().get(0), states.getShape().get(1));
    inBatches(
        lengths,
        weights.where(),
        (inner, batch) -> {
          NDArray z = Selection.of(inner, rows(inner, inputs, batch), 1, columns);
          NDArray y = forward.close(inner, rows(inner, states, batch), z, weights);
          forward.put(inner, after, batch.firstToken(), y);
        });
    return after;
  }

  private static NDArray room(TorchScope scope, SublayerWeights weights, long tokens, long width) {
    return DeviceMemory.need(
        () ->
            String.format(
                Locale.ROOT,
                "%s: a shard of (%d, %d) does not fit twice in the device's memory: choose more shards,"
                    + " another ⟨device⟩ or fewer slots per device",
                weights.where(),
                tokens,
                width),
        () -> scope.room(DataType.FLOAT32, tokens, width));
  }

  /** As {@link #closingInputs}, the opening linears' input, [tokens of the batch, hidden]. */
  public void openingInputs(
      NDArray states, List<Integer> lengths, SublayerWeights weights, Consumer<NDArray> consumer) {
    inBatches(
        lengths,
        weights.where(),
        (scope, batch) ->
            consumer.accept(forward.openingInput(scope, rows(scope, states, batch), weights)));
  }

  /** Σ over tokens of the cosine between a shard's states before and after a layer. */
  public double cosineSum(NDArray before, NDArray after, List<Integer> lengths, int layer) {
    double[] sum = {0};
    inBatches(
        lengths,
        "layer " + layer,
        (scope, batch) ->
            sum[0] += forward.cosineSum(rows(scope, before, batch), rows(scope, after, batch)));
    return sum[0];
  }

  private void inBatches(List<Integer> lengths, String where, Work work) {
    int tokens = maxTokens;
    for (int next = 0, row = 0; next < lengths.size(); ) {
      Batches.Batch batch = Batches.at(lengths, next, row, tokens);
      if (fits(batch, where, work)) {
        next += batch.sequences();
        row = batch.end();
      } else {
        tokens = batch.sequences() / 2 * batch.length();
      }
    }
  }

  /** Whether a batch could be computed; what it took is freed when this returns. */
  private static boolean fits(Batches.Batch batch, String where, Work work) {
    try (TorchScope scope = TorchScope.open()) {
      work.run(scope, batch);
      return true;
    } catch (EngineException e) {
      if (batch.sequences() == 1 || !DeviceMemory.ranOut(e)) {
        throw DeviceMemory.explained(
            e,
            () ->
                String.format(
                    Locale.ROOT,
                    "%s: one sequence of %d tokens does not fit in the device's memory: choose a shorter"
                        + " ⟨sequenceLength⟩, another ⟨device⟩ or fewer slots per device",
                    where,
                    batch.length()));
      }
    }
    DeviceMemory.giveBack();
    return false;
  }

  private static NDArray rows(TorchScope scope, NDArray states, Batches.Batch batch) {
    return scope.adopt(states.get(new NDIndex("{}:{}", batch.firstToken(), batch.end())));
  }
}

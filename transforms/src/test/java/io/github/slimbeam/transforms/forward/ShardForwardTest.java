// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.MemoryShortage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A shard whose batches meet the engine's own shortage of memory wherever they are too large. */
class ShardForwardTest {
  private static final List<Integer> LENGTHS = List.of(6, 6, 6, 6, 6, 4, 4, 4, 9);
  private static final int TOKENS = 51;

  private final TorchScope scope = TorchScope.open();
  private final List<Integer> attempts = new ArrayList<>();
  private Model model;
  private ShardForward forward;
  private NDArray states;

  @BeforeEach
  void embed() throws IOException {
    model = ExampleModel.open();
    forward = new ShardForward(new DecoderForward(model.config()), 24);
    List<TokenSequence> sequences =
        IntStream.range(0, LENGTHS.size())
            .mapToObj(
                i ->
                    new TokenSequence(
                        i,
                        IntStream.range(0, LENGTHS.get(i)).mapToObj(j -> 7 * i + j + 1).toList()))
            .toList();
    states = new LanguageModel(model).embed(scope, sequences);
    assertThat(states.getShape().get(0)).isEqualTo(TOKENS);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  @Test
  void smallerBatchesGiveTheSameStates() throws IOException {
    for (SublayerKind kind : SublayerKind.values()) {
      SublayerWeights weights = SublayerWeights.load(scope, model, 1, kind);
      NDArray whole = forward.through(scope, states, LENGTHS, weights);
      for (int most : new int[] {1, 2, 3}) {
        NDArray halved =
            forward.through(
                scope,
                states,
                LENGTHS,
                weights,
                (inner, x, sequences, w) -> {
                  fitOrFail(sequences, most);
                  return forward.forward().forward(inner, x, sequences, w);
                });
        assertThat(distance(halved, whole)).isLessThan(5e-6);
      }
    }
  }

  @Test
  void collectedInputsClosedAreTheStatesAfterIt() throws IOException {
    SublayerWeights weights = SublayerWeights.load(scope, model, 1, SublayerKind.ATTENTION);
    List<Long> batches = new ArrayList<>();
    NDArray inputs =
        forward.collectedInputs(
            scope, states, LENGTHS, weights, z -> batches.add(z.getShape().get(0)));
    assertThat(batches.stream().mapToLong(n -> n).sum()).isEqualTo(TOKENS);
    int[] all = IntStream.range(0, (int) inputs.getShape().get(1)).toArray();
    NDArray closed = forward.closed(scope, states, inputs, LENGTHS, weights, all);
    NDArray through = forward.through(scope, states, LENGTHS, weights);
    assertThat(closed.toFloatArray()).containsExactly(through.toFloatArray());
  }

  /** Eight bits of every factor: states of order one, to some thousandths. */
  @Test
  void linearsInBfloat16AreNearThoseInFloat32() throws IOException {
    for (SublayerKind kind : SublayerKind.values()) {
      SublayerWeights weights = SublayerWeights.load(scope, model, 1, kind);
      NDArray wide = forward.through(scope, states, LENGTHS, weights);
      NDArray narrow = forward.through(scope, states, LENGTHS, weights.in(scope, Compute.BFLOAT16));
      assertThat(distance(narrow, wide)).isBetween(1e-6, 0.05);
    }
  }

  @Test
  void onlyWhatDidNotFitIsComputedAgainAndNotAsLarge() throws IOException {
    SublayerWeights weights = SublayerWeights.load(scope, model, 0, SublayerKind.FFN);
    List<Long> taken = new ArrayList<>();
    forward.closingInputs(
        states,
        LENGTHS,
        weights,
        z -> {
          fitOrFail((int) z.getShape().get(0), 12);
          taken.add(z.getShape().get(0));
        });
    // Four of 6 tokens fail; then two at a time, of which no more than 12 tokens are tried again.
    assertThat(attempts).containsExactly(24, 12, 12, 6, 12, 9);
    assertThat(taken).containsExactly(12L, 12L, 6L, 12L, 9L);
  }

  @Test
  void theInputsOfBothLinearsArriveOnceAndInOrder() throws IOException {
    SublayerWeights weights = SublayerWeights.load(scope, model, 2, SublayerKind.ATTENTION);
    for (boolean closing : new boolean[] {true, false}) {
      NDArray whole = inputs(closing, weights, 1000);
      NDArray halved = inputs(closing, weights, 9);
      assertThat(halved.getShape()).isEqualTo(whole.getShape());
      assertThat(distance(halved, whole)).isLessThan(5e-6);
    }
    assertThat(attempts).contains(24, 12, 6);
  }

  @Test
  void cosinesAddUpToThoseOfTheWholeShard() {
    NDArray other = states.mul(2).add(0.01f);
    assertThat(forward.cosineSum(states, other, LENGTHS, 0))
        .isCloseTo(forward.forward().cosineSum(states, other), within(1e-9));
  }

  @Test
  void aSequenceThatDoesNotFitAloneIsNamed() throws IOException {
    SublayerWeights weights = SublayerWeights.load(scope, model, 1, SublayerKind.ATTENTION);
    assertThatThrownBy(
            () ->
                forward.closingInputs(
                    states, LENGTHS, weights, z -> fitOrFail((int) z.getShape().get(0), 8)))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            "layer 1 ATTENTION: one sequence of 9 tokens does not fit in the device's memory: choose a"
                + " shorter sequenceLength, another device or fewer slots per device (cpu: ")
        .hasMessageContaining("can't allocate memory");
    assertThat(attempts).endsWith(9);
  }

  @Test
  void otherFailuresAreNotRepeated() throws IOException {
    SublayerWeights weights = SublayerWeights.load(scope, model, 1, SublayerKind.FFN);
    assertThatThrownBy(
            () ->
                forward.closingInputs(
                    states,
                    LENGTHS,
                    weights,
                    z -> {
                      attempts.add(1);
                      throw new EngineException("shapes cannot be multiplied");
                    }))
        .isInstanceOf(EngineException.class)
        .hasMessage("shapes cannot be multiplied");
    assertThat(attempts).hasSize(1);
  }

  @Test
  void noSequencesGiveNoStates() throws IOException {
    SublayerWeights weights = SublayerWeights.load(scope, model, 0, SublayerKind.FFN);
    NDArray none = scope.zeros(DataType.FLOAT32, 0, model.config().hidden());
    assertThat(forward.through(scope, none, List.of(), weights).getShape())
        .isEqualTo(none.getShape());
  }

  private NDArray inputs(boolean closing, SublayerWeights weights, int most) {
    List<NDArray> parts = new ArrayList<>();
    if (closing) {
      forward.closingInputs(states, LENGTHS, weights, z -> take(parts, z, most));
    } else {
      forward.openingInputs(states, LENGTHS, weights, z -> take(parts, z, most));
    }
    return NDArrays.concat(new NDList(parts.toArray(NDArray[]::new)));
  }

  private void take(List<NDArray> parts, NDArray z, int most) {
    fitOrFail((int) z.getShape().get(0), most);
    parts.add(scope.adopt(z.duplicate()));
  }

  private void fitOrFail(int size, int most) {
    attempts.add(size);
    if (size > most) {
      throw MemoryShortage.meet();
    }
  }

  private static double distance(NDArray a, NDArray b) {
    return a.sub(b).abs().max().getFloat();
  }
}

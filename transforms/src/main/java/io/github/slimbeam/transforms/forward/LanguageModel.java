// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.LikelihoodSum;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * A model from token ids to likelihoods, with one sub-layer in memory at a time.
 *
 * @param model dense or pruned
 */
public record LanguageModel(Model model) {
  private static final String WITHOUT_MEMORY =
      " do not fit in the device's memory: choose a shorter ⟨sequenceLength⟩, more shards, another"
          + " ⟨device⟩ or fewer slots per device";

  /** Sequences by index: a group arrives in any order. */
  public static List<TokenSequence> inOrder(Iterable<TokenSequence> sequences) {
    return StreamSupport.stream(sequences.spliterator(), false)
        .sorted(Comparator.comparingInt(TokenSequence::getIndex))
        .toList();
  }

  /** The embedding table, [vocabulary, hidden], F32: to be read once for many sequences. */
  public NDArray embeddings(TorchScope scope) throws IOException {
    return DeviceMemory.need(
        () -> "the embedding table" + WITHOUT_MEMORY,
        () -> model.load(scope, model.config().family().embedding()));
  }

  /**
   * Hidden states entering layer 0: the sequences one below the other, [tokens, hidden].
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException for an id beyond the vocabulary
   */
  public NDArray embed(TorchScope scope, List<TokenSequence> sequences) throws IOException {
    try (TorchScope inner = scope.nested()) {
      return embed(scope, embeddings(inner), sequences);
    }
  }

  /** As {@link #embed(TorchScope, List)}, with a table that was read before. */
  public NDArray embed(TorchScope scope, NDArray table, List<TokenSequence> sequences) {
    int[] ids = ids(sequences);
    if (ids.length == 0) {
      return scope.zeros(DataType.FLOAT32, 0, model.config().hidden());
    }
    try (TorchScope inner = scope.nested()) {
      return DeviceMemory.need(
          () -> "the states of " + ids.length + " tokens" + WITHOUT_MEMORY,
          () -> {
            DecoderForward forward = new DecoderForward(model.config());
            return scope.adopt(forward.embed(inner, table, inner.int64(ids)));
          });
    }
  }

  /** The states after the last layer of sequences that stand one below the other. */
  public NDArray lastStates(TorchScope scope, List<TokenSequence> sequences) throws IOException {
    List<Integer> lengths = sequences.stream().map(s -> s.getTokens().size()).toList();
    ShardForward forward = ShardForward.of(model.config());
    NDArray states = embed(scope, sequences);
    for (int layer = 0; layer < model.config().layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        try (SharedWeights.Lease lease = SharedWeights.acquire(model, layer, kind)) {
          NDArray next = forward.through(scope, states, lengths, lease.weights());
          states.close();
          states = next;
        }
      }
    }
    return states;
  }

  /** Summed negative log-likelihood of each token given those before it in its sequence. */
  public LikelihoodSum likelihood(List<TokenSequence> sequences) throws IOException {
    double total = 0;
    long tokens = 0;
    try (TorchScope scope = TorchScope.open()) {
      NDArray states = lastStates(scope, sequences);
      OutputHead head = OutputHead.load(scope, model);
      int row = 0;
      for (TokenSequence sequence : sequences) {
        int[] ids = ids(List.of(sequence));
        try (TorchScope inner = scope.nested()) {
          NDArray x = inner.adopt(states.get(new NDIndex("{}:{}", row, row + ids.length)));
          total +=
              DeviceMemory.need(
                  () -> "the logits of " + ids.length + " tokens" + WITHOUT_MEMORY,
                  () -> head.negativeLogLikelihood(inner, x, inner.int64(ids)));
        }
        row += ids.length;
        tokens += ids.length - 1;
      }
    }
    check(
        Double.isFinite(total),
        "%s: the likelihood is not finite: the model is damaged",
        model.checkpoint().directory());
    return new LikelihoodSum(total, tokens, (long) sequences.size());
  }

  /** ln p of each target, given the states of the token before it in these rows. */
  double[] logLikelihoods(
      NDArray states, List<Integer> rows, List<Integer> targets, OutputHead head) {
    try (TorchScope scope = TorchScope.open()) {
      NDArray positions = scope.int64(rows.stream().mapToInt(Integer::intValue).toArray());
      NDArray ids = scope.int64(ids(List.of(new TokenSequence(0, targets))));
      return DeviceMemory.need(
          () -> "the logits of " + rows.size() + " tokens" + WITHOUT_MEMORY,
          () -> head.logLikelihoods(scope, states, positions, ids));
    }
  }

  private int[] ids(List<TokenSequence> sequences) {
    int vocabulary = model.config().vocabulary();
    for (TokenSequence sequence : sequences) {
      for (int id : sequence.getTokens()) {
        check(
            id >= 0 && id < vocabulary,
            "window %d: token id %d, expected 0 to %d: tokenised for another model?",
            sequence.getIndex(),
            id,
            vocabulary - 1);
      }
    }
    return sequences.stream()
        .flatMap(s -> s.getTokens().stream())
        .mapToInt(Integer::intValue)
        .toArray();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.generation;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.OutputHead;
import io.github.slimbeam.transforms.forward.SharedWeights;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.LayerTraits;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.Rope;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A model whole on this JVM's device until it is closed, dense or pruned, going through a sequence
 * piece by piece.
 *
 * <p><em>Memory</em>: 4 bytes a parameter, the cache, and the activations of {@value #PIECE_TOKENS}
 * tokens. <em>Cost</em>: of a token, 2 flops a weight, and 4 · heads · d flops for each token
 * before it in each layer; every weight and the filled part of the cache are read once.
 */
public final class CachedModel implements AutoCloseable {
  /** Tokens of a long prompt that are computed at once. */
  static final int PIECE_TOKENS = 512;

  private final Model model;
  private final DecoderForward forward;
  private final TorchScope scope;
  private final List<SharedWeights.Lease> sublayers = new ArrayList<>();
  private final NDArray embeddings;
  private final OutputHead head;

  /** Tokens up to which a sequence is turned as a short one. */
  private final double turnsAt;

  private CachedModel(Model model) throws IOException {
    this.model = model;
    this.forward = new DecoderForward(model.config());
    this.turnsAt =
        model.config().layerTraits().stream()
            .map(LayerTraits::rope)
            .filter(rope -> rope != null && !rope.longFactors().isEmpty())
            .mapToDouble(Rope::originalContext)
            .min()
            .orElse(Double.POSITIVE_INFINITY);
    this.scope = TorchScope.open();
    try {
      embeddings = new LanguageModel(model).embeddings(scope);
      head =
          model.config().tied()
              ? OutputHead.of(scope, model, embeddings)
              : OutputHead.load(scope, model);
      for (int layer = 0; layer < model.config().layers().size(); layer++) {
        for (SublayerKind kind : SublayerKind.values()) {
          sublayers.add(SharedWeights.acquire(model, layer, kind));
        }
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Loads a model.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if its weights are damaged or
   *     do not fit in the device's memory
   */
  public static CachedModel load(Model model) throws IOException {
    return new CachedModel(model);
  }

  /** The model on disk that was loaded. */
  public Model model() {
    return model;
  }

  /** A cache for a sequence of so many tokens at most. */
  public KeyValueCache cache(int places) {
    return new KeyValueCache(model.config(), places);
  }

  /**
   * Takes a sequence further, and says what may come next.
   *
   * @param cache holds the tokens before, and these afterwards
   * @param tokens the next ones, one at least
   * @return the logits after the last of them, one for each id of the vocabulary
   * @throws io.github.slimbeam.transforms.storage.BadInputException if a token is not of this
   *     model, memory runs out, or the model is damaged
   */
  public float[] advance(KeyValueCache cache, int... tokens) {
    checkTokens(cache, tokens);
    int reach = cache.length() + tokens.length;
    if (cache.length() > 0 && cache.length() <= turnsAt && reach > turnsAt) {
      // What was turned as in a short sequence is of no use in a long one.
      int[] before = cache.tokens();
      int[] all = Arrays.copyOf(before, reach);
      System.arraycopy(tokens, 0, all, before.length, tokens.length);
      cache.clear();
      return through(cache, reach, all);
    }
    return through(cache, reach, tokens);
  }

  private float[] through(KeyValueCache cache, int reach, int... tokens) {
    float[] logits = {};
    for (int at = 0; at < tokens.length; at += PIECE_TOKENS) {
      int[] piece = Arrays.copyOfRange(tokens, at, Math.min(at + PIECE_TOKENS, tokens.length));
      boolean last = at + piece.length == tokens.length;
      float[] found =
          DeviceMemory.need(
              () ->
                  String.format(
                      Locale.ROOT,
                      "the activations of %d tokens do not fit in the device's memory: choose another ⟨device⟩",
                      piece.length),
              () -> piece(cache, piece, reach, last));
      logits = found;
    }
    for (float logit : logits) {
      check(
          Float.isFinite(logit),
          "%s: after %d tokens a logit is %s: the model is damaged",
          model.checkpoint().directory(),
          cache.length(),
          logit);
    }
    return logits;
  }

  private float[] piece(KeyValueCache cache, int[] tokens, int reach, boolean last) {
    try (TorchScope pass = TorchScope.open()) {
      NDArray x = forward.embed(pass, embeddings, pass.int64(tokens));
      for (SharedWeights.Lease lease : sublayers) {
        NDArray next = sublayer(pass, x, lease.weights(), cache, reach);
        x.close();
        x = next;
      }
      cache.lengthen(tokens);
      if (!last) {
        return new float[0];
      }
      NDArray end = pass.adopt(x.get(new NDIndex("{}:{}", tokens.length - 1, tokens.length)));
      return head.logits(pass, end).toFloatArray();
    }
  }

  private NDArray sublayer(
      TorchScope pass, NDArray x, SublayerWeights weights, KeyValueCache cache, int reach) {
    if (weights.kind() == SublayerKind.FFN) {
      return forward.forward(pass, x, 1, weights);
    }
    try (TorchScope inner = pass.nested()) {
      NDArray z =
          forward.cachedAttentionInput(
              inner,
              x,
              weights,
              cache.keys(weights.layer()),
              cache.values(weights.layer()),
              cache.length(),
              reach);
      return pass.adopt(forward.close(inner, x, z, weights));
    }
  }

  private void checkTokens(KeyValueCache cache, int[] tokens) {
    if (tokens.length == 0 || cache.length() + tokens.length > cache.places()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT,
              "%d tokens after %d: expected 1 to %d",
              tokens.length,
              cache.length(),
              cache.places() - cache.length()));
    }
    int vocabulary = model.config().vocabulary();
    for (int token : tokens) {
      check(
          token >= 0 && token < vocabulary,
          "%s: token id %d, expected 0 to %d: tokenizer.json is another model's",
          model.checkpoint().directory(),
          token,
          vocabulary - 1);
    }
  }

  @Override
  public void close() {
    sublayers.forEach(SharedWeights.Lease::close);
    scope.close();
  }
}

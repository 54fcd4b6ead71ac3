// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.torch.DeviceMemory;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.Map;

/**
 * From the states after the last layer to logits: the last norm, the head, and what the model's
 * traits make of its output.
 *
 * @param weights the norm's gain [hidden] and the head [vocabulary, hidden], in F32
 * @param traits as {@link ForwardTraits} has them
 */
public record OutputHead(Map<String, NDArray> weights, Map<String, NDArray> traits) {
  private static final TorchProgram PROGRAM = TorchProgram.of(OutputHead.class);

  /** Loads it; its tensors belong to {@code scope}. */
  public static OutputHead load(TorchScope scope, Model model) throws IOException {
    NDArray head =
        DeviceMemory.need(
            () ->
                model.head()
                    + " does not fit in the device's memory in F32: choose another ⟨device⟩",
            () -> model.load(scope, model.head()));
    return of(scope, model, head);
  }

  /** The same of a head that is loaded already, as a tied one may be. */
  public static OutputHead of(TorchScope scope, Model model, NDArray head) throws IOException {
    ModelConfig config = model.config();
    NDArray norm = model.load(scope, config.family().finalNorm());
    return new OutputHead(
        Map.of("norm", ForwardTraits.gain(scope, norm, config.traits()), "head", head),
        ForwardTraits.ofHead(scope, config.traits()));
  }

  /** Logits [tokens, vocabulary] of hidden states after the last layer. */
  public NDArray logits(TorchScope scope, NDArray x) {
    return PROGRAM.call(scope, "logits", x, weights, traits);
  }

  /**
   * Σ −ln p of all but the first token of one sequence, given its hidden states after the last
   * layer.
   */
  public double negativeLogLikelihood(TorchScope scope, NDArray x, NDArray ids) {
    try (TorchScope inner = scope.nested()) {
      return PROGRAM.call(inner, "negative_log_likelihood", x, weights, traits, ids).getDouble();
    }
  }

  /**
   * ln p of each target, given the last states of the token before it, which is in its row of x.
   */
  double[] logLikelihoods(TorchScope scope, NDArray x, NDArray rows, NDArray targets) {
    return PROGRAM
        .call(scope, "log_likelihoods", x, rows, weights, traits, targets)
        .toDoubleArray();
  }
}

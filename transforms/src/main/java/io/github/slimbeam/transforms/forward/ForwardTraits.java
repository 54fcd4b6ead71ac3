// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.LayerTraits;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Rope;
import io.github.slimbeam.transforms.model.Traits;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A model's {@link Traits} as the forward pass takes them: tensors by name, of which one that is
 * not there means that nothing of the kind is computed. Numbers are in the CPU's memory wherever
 * the device is, as programs branch by them.
 */
final class ForwardTraits {
  private static final TorchProgram PROGRAM = TorchProgram.of(ForwardTraits.class);

  private ForwardTraits() {}

  /** Those of a sub-layer. */
  static Map<String, NDArray> of(
      TorchScope scope, ModelConfig config, int layer, SublayerKind kind) {
    Traits traits = config.traits();
    Map<String, NDArray> named = new HashMap<>();
    named.put("epsilon", scope.number(traits.epsilon()));
    put(scope, named, "residualScale", traits.residualScale(), 1);
    if (kind == SublayerKind.FFN) {
      named.put(traits.activation().name(), scope.number(1));
      return named;
    }
    LayerTraits own = config.layerTraits().get(layer);
    named.put("headSize", scope.number(config.headSize()));
    named.put("attentionScale", scope.number(traits.attentionScale()));
    put(scope, named, "attentionSoftCap", traits.attentionSoftCap(), 0);
    put(scope, named, "window", own.window(), 0);
    Rope rope = own.rope();
    if (rope != null) {
      named.put("frequencies", frequencies(scope, rope, rope.factors()));
      put(scope, named, "attentionFactor", rope.attentionFactor(), 1);
      put(scope, named, "queryGrowth", rope.queryGrowth(), 0);
      if (!rope.longFactors().isEmpty()) {
        named.put("longFrequencies", frequencies(scope, rope, rope.longFactors()));
      }
      put(scope, named, "originalContext", rope.originalContext(), 0);
    }
    return named;
  }

  /** Those of the head: what becomes of the states after the last layer. */
  static Map<String, NDArray> ofHead(TorchScope scope, Traits traits) {
    Map<String, NDArray> named = new HashMap<>();
    named.put("epsilon", scope.number(traits.epsilon()));
    put(scope, named, "logitDivisor", traits.logitDivisor(), 1);
    put(scope, named, "logitSoftCap", traits.logitSoftCap(), 0);
    return named;
  }

  /** What a norm multiplies by: its weight, and what the model adds to it. */
  static NDArray gain(TorchScope scope, NDArray weight, Traits traits) {
    return traits.normOffset() == 0
        ? weight
        : PROGRAM.call(scope, "plus", weight, traits.normOffset());
  }

  private static void put(
      TorchScope scope, Map<String, NDArray> named, String name, double value, double neutral) {
    if (value != neutral) {
      named.put(name, scope.number(value));
    }
  }

  /** Radians a position by pair, [dims / 2] F32. */
  private static NDArray frequencies(TorchScope scope, Rope rope, List<Double> factors) {
    try (TorchScope inner = scope.nested()) {
      double[] each = factors.stream().mapToDouble(Double::doubleValue).toArray();
      NDArray given = inner.float64(each, each.length);
      return scope.adopt(PROGRAM.call(inner, "frequencies", rope.dims(), rope.theta(), given));
    }
  }
}

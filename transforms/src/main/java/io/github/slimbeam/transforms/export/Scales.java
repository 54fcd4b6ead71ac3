// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.Traits;

/**
 * What an architecture does not multiply by and the model does, and so the weights must be
 * multiplied by: 1 where nothing is left over.
 *
 * @param embedding of the embedding
 * @param attention of the queries
 * @param residual of what a sub-layer adds
 * @param logits of the head
 */
record Scales(double embedding, double attention, double residual, double logits) {

  static Scales of(Architecture architecture, ModelConfig config) {
    if (architecture.multipliers()) {
      return new Scales(1, 1, 1, 1);
    }
    Traits traits = config.traits();
    double own =
        architecture.attentionScale(
            config.layers().size(),
            config.hidden(),
            config.layers().get(0).heads(),
            config.headSize());
    return new Scales(
        rest(traits.embeddingScale(), architecture.rootHidden() ? Math.sqrt(config.hidden()) : 1),
        rest(traits.attentionScale(), own),
        traits.residualScale(),
        rest(1, traits.logitDivisor()));
  }

  /** A quotient of numbers that were computed in other orders is 1 where they mean the same. */
  private static double rest(double wanted, double own) {
    double rest = wanted / own;
    return Math.abs(rest - 1) < 1e-9 ? 1 : rest;
  }

  /** Whether the head's weights are the embedding's still, where they were. */
  boolean keepTheHead() {
    return embedding == 1 && logits == 1;
  }
}

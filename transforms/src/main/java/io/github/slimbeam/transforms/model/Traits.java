// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.transforms.storage.BadInputException;
import org.jspecify.annotations.Nullable;

/**
 * What a model computes with its tensors, beyond what follows from their names and shapes.
 *
 * @param activation of the gate
 * @param epsilon of the RMS norms
 * @param normOffset what is added to every norm's weight: 1 where 1 + w is meant
 * @param embeddingScale by which embeddings are multiplied
 * @param residualScale by which a sub-layer's output is multiplied before it is added
 * @param attentionScale by which products of queries and keys are multiplied
 * @param attentionSoftCap c of c·tanh(s / c) for those products s; 0 for none
 * @param logitDivisor by which logits are divided
 * @param logitSoftCap c of c·tanh(l / c) for logits l; 0 for none
 */
public record Traits(
    Activation activation,
    double epsilon,
    double normOffset,
    double embeddingScale,
    double residualScale,
    double attentionScale,
    double attentionSoftCap,
    double logitDivisor,
    double logitSoftCap) {

  /** Activations. */
  public enum Activation {
    /** x · sigmoid(x). */
    SILU,
    /** x · Φ(x). */
    GELU,
    /** The same with tanh for the error function. */
    GELU_TANH;

    private static Activation named(String name, String field, String where) {
      return switch (name) {
        case "silu", "swish" -> SILU;
        case "gelu" -> GELU;
        case "gelu_pytorch_tanh", "gelu_new" -> GELU_TANH;
        default ->
            throw new BadInputException(
                where
                    + ": "
                    + field
                    + " "
                    + name
                    + ", expected silu, gelu, gelu_pytorch_tanh or gelu_new");
      };
    }
  }

  /** Those of LLaMA. */
  public static Traits plain(double epsilon, int headSize) {
    return new Traits(Activation.SILU, epsilon, 0, 1, 1, 1 / Math.sqrt(headSize), 0, 1, 0);
  }

  /** Reads them; {@code where} is the configuration's path, for messages. */
  static Traits of(TraitSettings settings, JsonNode config, int headSize, String where) {
    JsonNode activation = settings.activation().in(config);
    check(
        activation.isTextual(),
        "%s: expected the name of an activation for %s, found %s",
        where,
        settings.activation().named(config),
        activation);
    return new Traits(
        Activation.named(activation.asText(), settings.activation().named(config), where),
        settings.epsilon().required(config, where),
        number(settings.normOffset(), config, 0, where),
        number(settings.embeddingScale(), config, 1, where),
        number(settings.residualScale(), config, 1, where),
        number(settings.attentionScale(), config, 1 / Math.sqrt(headSize), where),
        number(settings.attentionSoftCap(), config, 0, where),
        number(settings.logitDivisor(), config, 1, where),
        number(settings.logitSoftCap(), config, 0, where));
  }

  private static double number(
      @Nullable Setting setting, JsonNode config, double neutral, String where) {
    return setting == null ? neutral : setting.number(config, where).orElse(neutral);
  }
}

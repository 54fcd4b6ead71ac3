// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.Serializable;

/**
 * Rotary position embedding: angle of pair i at position p is p · f(θ^(−2i/d)). Of the variants,
 * {@code default} has f = identity, {@code linear} divides by the factor, {@code llama3} divides
 * long waves by the factor, leaves short ones, and blends between (Llama 3.1).
 *
 * @param theta base θ
 * @param type variant
 * @param factor context extension; 1 for the default variant
 * @param lowFrequencyFactor waves longer than originalContext / this are divided by the factor
 *     (llama3)
 * @param highFrequencyFactor waves shorter than originalContext / this are left (llama3)
 * @param originalContext context before the extension (llama3)
 */
public record Rope(
    double theta,
    String type,
    double factor,
    double lowFrequencyFactor,
    double highFrequencyFactor,
    double originalContext)
    implements Serializable {

  /**
   * Reads {@code rope_theta} and {@code rope_scaling}, or {@code rope_parameters} as transformers 5
   * writes them.
   */
  static Rope of(JsonNode json, Family family, String where) {
    JsonNode scaling =
        json.hasNonNull("rope_parameters")
            ? json.get("rope_parameters")
            : json.path("rope_scaling");
    String type = scaling.path("rope_type").asText(scaling.path("type").asText("default"));
    check(
        family.ropeTypes().contains(type),
        "%s: rope type %s, expected one of %s",
        where,
        type,
        family.ropeTypes());
    return new Rope(
        scaling.path("rope_theta").asDouble(json.path("rope_theta").asDouble(10000)),
        type,
        number(scaling, "factor", !type.equals("default"), where),
        number(scaling, "low_freq_factor", type.equals("llama3"), where),
        number(scaling, "high_freq_factor", type.equals("llama3"), where),
        number(scaling, "original_max_position_embeddings", type.equals("llama3"), where));
  }

  private static double number(JsonNode scaling, String field, boolean needed, String where) {
    check(
        !needed || scaling.path(field).asDouble() > 0,
        "%s: rope: expected a positive %s",
        where,
        field);
    return scaling.path(field).asDouble(1);
  }
}

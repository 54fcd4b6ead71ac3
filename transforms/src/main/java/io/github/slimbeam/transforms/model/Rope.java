// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import java.io.Serializable;
import java.util.List;

/**
 * Rotary position embedding: pair i of the first {@code dims} entries of a head turns at position p
 * by p · m_i · θ^(−2i / dims). All variants of it are a choice of m: 1 (default, and dynamic up to
 * the context), 1 / factor (linear), between those by wave length (llama3, yarn), or a number for
 * each pair (longrope, which has one set for sequences up to its original context and one for
 * longer ones).
 *
 * @param theta base θ
 * @param dims entries of a head that turn, an even number
 * @param factors m by pair; empty where all are 1
 * @param longFactors m by pair for sequences longer than {@code originalContext}; empty where they
 *     are no others
 * @param attentionFactor by which cosine and sine are multiplied
 * @param originalContext context before its extension; 0 if there is none
 * @param queryGrowth β of queries multiplied by 1 + β ln(1 + ⌊p / originalContext⌋); 0 for none
 */
public record Rope(
    double theta,
    int dims,
    List<Double> factors,
    List<Double> longFactors,
    double attentionFactor,
    double originalContext,
    double queryGrowth)
    implements Serializable {

  /** The plain one, of all entries of a head. */
  public static Rope plain(double theta, int headSize) {
    return new Rope(theta, headSize, List.of(), List.of(), 1, 0, 0);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which rotary embeddings a family's models can have, and where they stand in {@code config.json}.
 *
 * @param theta base where the configuration has none
 * @param slidingTheta field of the base of layers with a sliding window, and what it is without;
 *     null if they share the others' embedding
 * @param types variants that its models can have
 * @param aliases other names of variants
 * @param partial whether a share of every head alone may be rotated
 * @param queryGrowth whether queries may grow with their position
 * @param skipList list of a number for each layer, 0 where positions are not embedded
 * @param skipEvery without such a list, positions are not embedded in each layer of this number
 * @param kind field that says {@code rope} where positions are embedded at all
 */
public record RopeSettings(
    double theta,
    @Nullable Setting slidingTheta,
    List<String> types,
    @Nullable Map<String, String> aliases,
    boolean partial,
    boolean queryGrowth,
    @Nullable String skipList,
    @Nullable Setting skipEvery,
    @Nullable Setting kind) {}

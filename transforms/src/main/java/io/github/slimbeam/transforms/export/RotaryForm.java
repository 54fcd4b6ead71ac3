// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import io.github.slimbeam.transforms.gguf.GgufValue;
import java.util.List;
import java.util.Map;

/**
 * A model's positions as an architecture embeds them.
 *
 * @param keys that say so, without the architecture's name before them
 * @param divisors tensors that divide each pair's frequency, by name
 * @param order in which the entries of a head of queries and keys must stand; empty as they are
 * @param context up to which the function is the model's
 * @param notes why that is less than the model's own, a line each
 */
record RotaryForm(
    Map<String, GgufValue> keys,
    Map<String, List<Float>> divisors,
    List<Integer> order,
    int context,
    List<String> notes) {}

// SPDX-License-Identifier: Apache-2.0
/**
 * A model writing on: token ids in, token ids out. In reading order: {@link
 * io.github.slimbeam.transforms.generation.CachedModel} is a model whole on the device, which says
 * what may follow a sequence; {@link io.github.slimbeam.transforms.generation.KeyValueCache} keeps
 * what it needs of the tokens so far; {@link io.github.slimbeam.transforms.generation.Sampling}
 * chooses one; {@link io.github.slimbeam.transforms.generation.SpecialTokens} says where a text
 * begins and ends; {@link io.github.slimbeam.transforms.generation.TokenGenerator} joins them,
 * {@link io.github.slimbeam.transforms.generation.GrowingText} turns tokens to text as they come.
 *
 * <p>Invariants: the logits are those of the whole forward pass but for rounding, however the
 * tokens are cut into pieces; same model, prompt, settings and device, same tokens. Enough to look
 * at what a model has become: one sequence at a time, everything in F32.
 */
package io.github.slimbeam.transforms.generation;

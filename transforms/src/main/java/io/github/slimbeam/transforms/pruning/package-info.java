// SPDX-License-Identifier: Apache-2.0
/**
 * The methods. Each is a pure function: weights, moments and a target in, kept units and new
 * weights out; none has heard of Beam. {@link io.github.slimbeam.transforms.pruning.PruningMethod}
 * is the contract, {@link io.github.slimbeam.transforms.pruning.SlimGpt} a method, {@link
 * io.github.slimbeam.transforms.pruning.OptimalBrainSurgeon} its algebra, {@link
 * io.github.slimbeam.transforms.pruning.Recovery} what makes up for what is gone, and {@link
 * io.github.slimbeam.transforms.pruning.PruneStep} joins them for one sub-layer.
 *
 * <p>Letters, here only: W [m, n] the closing linear (m outputs, n inputs), X [n, tokens] its
 * input, H = 2XXᵀ/tokens the Hessian, G = H⁻¹, S the columns to remove, R the rest.
 */
package io.github.slimbeam.transforms.pruning;

// SPDX-License-Identifier: Apache-2.0
/**
 * What calibration leaves behind. For the closing linear of a sub-layer, with input X over all
 * calibration tokens, three <em>moments</em> suffice for every method: n, Σx and XᵀX. XᵀX of an FFN
 * of 11,008 channels takes 0.97 GB in float64, so it is summed in tiles ({@link
 * io.github.slimbeam.transforms.statistics.TileGrid}), upper triangle only: {@link
 * io.github.slimbeam.transforms.statistics.GramAccumulator} sums a shard natively, {@link
 * io.github.slimbeam.transforms.work.TileFiles} keeps and adds up, {@link
 * io.github.slimbeam.transforms.statistics.Moments} is the whole again.
 *
 * <p>Sums are float64 throughout: centring by subtraction, XᵀX/n − μμᵀ, loses digits where |μ| ≫ σ,
 * and the inverse of an ill-conditioned Hessian loses the rest.
 */
package io.github.slimbeam.transforms.statistics;

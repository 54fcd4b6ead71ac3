// SPDX-License-Identifier: Apache-2.0
/**
 * What a run takes, told before it: {@link io.github.slimbeam.transforms.cost.RunCost} counts flops
 * and bytes stage by stage, {@link io.github.slimbeam.transforms.cost.Rates} measures how many of
 * them a worker does in a second, and {@link io.github.slimbeam.transforms.cost.RunMemory} adds up
 * what must be in memory at once. The terms are in those classes' documentation; the constants in
 * them were measured with runs of this program.
 */
package io.github.slimbeam.transforms.cost;

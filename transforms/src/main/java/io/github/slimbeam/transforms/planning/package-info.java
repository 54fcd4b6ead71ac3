// SPDX-License-Identifier: Apache-2.0
/**
 * How much goes where. {@link io.github.slimbeam.transforms.planning.PlanRequest} is what a plan
 * shall be, by a formula ({@link io.github.slimbeam.transforms.planning.RatioSchedule}) or by what
 * a dense pass says of each layer; {@link io.github.slimbeam.transforms.planning.Plans} turns
 * ratios into whole units of every sub-layer, rounded so that the sum is met; {@link
 * io.github.slimbeam.transforms.planning.GlobalAllocation} lets all of them compete, by curves that
 * {@link io.github.slimbeam.transforms.planning.CurvesFile} keeps for other ratios; {@link
 * io.github.slimbeam.transforms.planning.Layout} says whether layers keep widths of their own;
 * {@link io.github.slimbeam.transforms.planning.Shortfall} tells where whole units cannot meet what
 * was asked.
 *
 * <p>Invariant: which units go is not decided here, but by a method, on what is left of the layers
 * before; or was by whoever named them in the plan.
 */
package io.github.slimbeam.transforms.planning;

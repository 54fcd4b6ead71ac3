// SPDX-License-Identifier: Apache-2.0
/**
 * The pruned model. {@link io.github.slimbeam.transforms.output.PrunedCheckpoint} is what the
 * sub-layers that are left make of the dense checkpoint, tensor by tensor; {@code PrunedConfig} its
 * configuration; {@link io.github.slimbeam.transforms.output.PrunedModelDirectory} the directory
 * that holds it, made beside its place and moved there whole; {@code PlannedSublayers} the same of
 * a plan alone, for who asks before a run; {@link io.github.slimbeam.transforms.output.KeptUnits}
 * the units that a pruned model kept, as the plan of another.
 */
package io.github.slimbeam.transforms.output;

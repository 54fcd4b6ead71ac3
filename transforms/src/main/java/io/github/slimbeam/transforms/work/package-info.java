// SPDX-License-Identifier: Apache-2.0
/**
 * The work directory, whole. {@link io.github.slimbeam.transforms.work.PruningWork} is what all
 * steps of a run agree on; {@link io.github.slimbeam.transforms.work.Claim} the right to work in a
 * directory that outlives a run; {@code WorkLayout} the names of all files that a run keeps there,
 * the only ones that are ever deleted. By what they keep: {@link
 * io.github.slimbeam.transforms.work.WindowFiles} the calibration windows, {@link
 * io.github.slimbeam.transforms.work.HiddenStateFiles} what flows between sub-layers, {@link
 * io.github.slimbeam.transforms.work.TileFiles} sums on their way, {@link
 * io.github.slimbeam.transforms.work.PrunedFiles} new weights. Whether something is done already is
 * asked of {@link io.github.slimbeam.transforms.work.Finished} alone.
 *
 * <p>Invariants: every file is written beside its place and renamed; what the same run finished is
 * found again by its name, and read with its checksum; a name of its own per attempt wherever two
 * workers might write the same thing at the same time.
 */
package io.github.slimbeam.transforms.work;

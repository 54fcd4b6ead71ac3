// SPDX-License-Identifier: Apache-2.0
/**
 * Checkpoints as Hugging Face lays them out. A checkpoint is untrusted input: {@link
 * io.github.slimbeam.transforms.checkpoint.SafetensorsHeader} believes no length, offset or shape
 * that the file does not bear out, {@link io.github.slimbeam.transforms.checkpoint.Checkpoint}
 * follows no path out of its directory, and nothing here runs code or reads pickles. {@link
 * io.github.slimbeam.transforms.checkpoint.SafetensorsFile} reads by tensor and position; {@link
 * io.github.slimbeam.transforms.checkpoint.SafetensorsWriter} streams.
 */
package io.github.slimbeam.transforms.checkpoint;

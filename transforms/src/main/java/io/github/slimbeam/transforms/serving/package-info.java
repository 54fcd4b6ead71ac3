// SPDX-License-Identifier: Apache-2.0
/**
 * What a pruned model can be used with, told from its widths alone: {@link
 * io.github.slimbeam.transforms.serving.Engine} lists programs, {@link
 * io.github.slimbeam.transforms.serving.Quantisation} ways to make the weights smaller still. Both
 * are tables of what was read in those programs' sources or tried with them, not promises of
 * theirs; what was not tried says so.
 */
package io.github.slimbeam.transforms.serving;

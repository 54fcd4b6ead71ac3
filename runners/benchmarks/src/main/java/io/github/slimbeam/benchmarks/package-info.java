// SPDX-License-Identifier: Apache-2.0
/**
 * Measures kernels and whole jobs on random checkpoints of real models' shapes: what a change is
 * worth. {@code runners/benchmarks/run} is the way in; {@code docs/benchmarks.md} has its tables.
 */
@NullMarked
package io.github.slimbeam.benchmarks;

import org.jspecify.annotations.NullMarked;

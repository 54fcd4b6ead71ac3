// SPDX-License-Identifier: Apache-2.0
/**
 * Pruning: {@link io.github.slimbeam.pipelines.prune.Prune} is the job; {@code PruneRecipes} makes
 * method and plan of its options, {@code WorkPlace} says what stays of a run that was stopped,
 * {@code Progress} tells how far it is, and {@code RunMeasurement} measures and reports what came
 * out. {@link io.github.slimbeam.pipelines.prune.Benchmark} prunes in many ways.
 */
package io.github.slimbeam.pipelines.prune;

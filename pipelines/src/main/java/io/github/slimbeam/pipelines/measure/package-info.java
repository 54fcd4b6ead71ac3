// SPDX-License-Identifier: Apache-2.0
/**
 * What a model is worth: {@link io.github.slimbeam.pipelines.measure.MeasurePerplexity} on text,
 * {@link io.github.slimbeam.pipelines.measure.Evaluate} on multiple-choice tasks.
 */
package io.github.slimbeam.pipelines.measure;

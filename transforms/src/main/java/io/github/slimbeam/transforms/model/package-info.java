// SPDX-License-Identifier: Apache-2.0
/**
 * What the model is. In reading order: {@link io.github.slimbeam.transforms.model.Family} is data,
 * a JSON file per family; {@link io.github.slimbeam.transforms.model.ModelConfig} is {@code
 * config.json} understood; {@link io.github.slimbeam.transforms.model.LayerShape} the widths of one
 * layer; {@link io.github.slimbeam.transforms.model.Model} joins them with a checkpoint whose
 * shapes agree.
 */
package io.github.slimbeam.transforms.model;

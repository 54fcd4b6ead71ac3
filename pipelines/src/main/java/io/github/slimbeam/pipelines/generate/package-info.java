// SPDX-License-Identifier: Apache-2.0
/** A model writing on: {@link io.github.slimbeam.pipelines.generate.Generate}. */
package io.github.slimbeam.pipelines.generate;

// SPDX-License-Identifier: Apache-2.0
/** A model as another program's file: {@link io.github.slimbeam.pipelines.export.Export}. */
package io.github.slimbeam.pipelines.export;

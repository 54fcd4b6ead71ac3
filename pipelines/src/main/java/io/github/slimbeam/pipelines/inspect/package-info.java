// SPDX-License-Identifier: Apache-2.0
/**
 * What a run would make and take, told before it, by {@link
 * io.github.slimbeam.pipelines.inspect.Inspect}.
 */
package io.github.slimbeam.pipelines.inspect;

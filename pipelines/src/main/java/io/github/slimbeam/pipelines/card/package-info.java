// SPDX-License-Identifier: Apache-2.0
/** What a pruned model's directory says of itself to readers: {@code README.md}. */
@NullMarked
package io.github.slimbeam.pipelines.card;

import org.jspecify.annotations.NullMarked;

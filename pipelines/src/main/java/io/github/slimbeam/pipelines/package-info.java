// SPDX-License-Identifier: Apache-2.0
/**
 * The jobs, a room each: {@code prune}, {@code measure} (perplexity and tasks), {@code inspect},
 * {@code generate}, {@code export}, {@code report} and {@code card}. A command reads as a table of
 * contents: check what was asked, build the pipeline, run it, say what came out. {@code command} is
 * what they share: words to options, paths, running a job, and the message of a failure.
 */
package io.github.slimbeam.pipelines;

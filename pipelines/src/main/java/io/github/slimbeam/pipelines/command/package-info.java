// SPDX-License-Identifier: Apache-2.0
/**
 * What commands share. {@link io.github.slimbeam.pipelines.command.CommandLine} makes options of
 * words, which {@link io.github.slimbeam.pipelines.command.DeclaredOptions} describes, picocli
 * checks and Beam reads; {@link io.github.slimbeam.pipelines.command.PathOption} and {@link
 * io.github.slimbeam.pipelines.command.CommandPaths} make paths of what a user wrote, {@link
 * io.github.slimbeam.pipelines.command.SeparatePlaces} and {@link
 * io.github.slimbeam.pipelines.command.WritablePlace} see that a command may write where it was
 * told to; {@link io.github.slimbeam.pipelines.command.JobRun} runs a pipeline, and {@link
 * io.github.slimbeam.pipelines.command.FailureReason} says why it failed.
 */
package io.github.slimbeam.pipelines.command;

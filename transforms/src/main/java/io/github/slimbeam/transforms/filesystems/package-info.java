// SPDX-License-Identifier: Apache-2.0
/**
 * Beam's file systems, the one room below the steps that knows Beam: {@link
 * io.github.slimbeam.transforms.filesystems.FileSystemsStorage} is the little that the plain
 * classes need of them, {@link io.github.slimbeam.transforms.filesystems.FilePath} what a user may
 * write for a path, {@link io.github.slimbeam.transforms.filesystems.CompressedFile} a file that is
 * decompressed as it is read, {@link io.github.slimbeam.transforms.filesystems.RemoteChannel} a
 * channel that survives a dropped connection, and {@link
 * io.github.slimbeam.transforms.filesystems.KeepFileSystemOptions} keeps a job's options for
 * workers that begin anew.
 */
package io.github.slimbeam.transforms.filesystems;

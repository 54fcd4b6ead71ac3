// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * A directory for a command's own files, gone when closed.
 *
 * @param path where it is
 */
public record TemporaryDirectory(String path) implements AutoCloseable {
  private static final int ATTEMPTS = 10;

  /** A new one in {@code --tempLocation}, or where this machine keeps such things. */
  public static TemporaryDirectory of(PipelineOptions options, String name) throws IOException {
    return new TemporaryDirectory(
        options.getTempLocation() == null
            ? within(System.getProperty("java.io.tmpdir"), name).path()
            : options.getTempLocation() + "/" + name + "-" + UUID.randomUUID());
  }

  /**
   * A new one within a directory of this machine, for this user alone. Java's own way would look up
   * where this JVM keeps such things once and for all.
   */
  public static TemporaryDirectory within(String directory, String name) throws IOException {
    Path path = Path.of(directory, name + "-" + UUID.randomUUID());
    FileAttribute<?>[] ours =
        path.getFileSystem().supportedFileAttributeViews().contains("posix")
            ? new FileAttribute<?>[] {
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
            }
            : new FileAttribute<?>[0];
    return new TemporaryDirectory(Files.createDirectory(path, ours).toAbsolutePath().toString());
  }

  /**
   * Removes the directory with all in it. Workers that a failure or Ctrl-C left behind in this JVM
   * may still be writing, and others removing, so it is tried again for a while.
   */
  @Override
  public void close() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        new FileSystemsStorage().deleteTree(path);
        return;
      } catch (IOException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
        LockSupport.parkNanos(100_000_000);
      }
    }
  }
}

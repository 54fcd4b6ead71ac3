package io.github.slimbeam.pipelines.command;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import java.io.IOException;
import java.nio.file.Files;
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
            ? Files.createTempDirectory(name + "-").toString()
            : options.getTempLocation() + "/" + name + "-" + UUID.randomUUID());
  }

  @Override
  public void close() throws IOException {
    remove(path);
  }

  /**
   * Removes a directory with all in it. Workers that a failure or Ctrl-C left behind in this JVM
   * may still be writing, so it is tried again for a while.
   */
  static void remove(String directory) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        new FileSystemsStorage().deleteTree(directory);
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

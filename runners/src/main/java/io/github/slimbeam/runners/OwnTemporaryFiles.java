package io.github.slimbeam.runners;

import io.github.slimbeam.transforms.FileSystemsStorage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/**
 * A temporary directory for this JVM alone, gone with it: embedded Flink leaves 21 MB behind at
 * every run.
 */
final class OwnTemporaryFiles {
  private OwnTemporaryFiles() {}

  /** To be called before anything asks for the temporary directory. */
  static void begin() throws IOException {
    Path parent = Path.of(System.getProperty("java.io.tmpdir"));
    Path own =
        Files.createDirectory(
            parent.resolve("slim-" + ProcessHandle.current().pid() + "-" + System.nanoTime()));
    System.setProperty("java.io.tmpdir", own.toString());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(own), "remove-temporary-files"));
  }

  /** Flink's own hooks are removing files at the same time, so a first attempt may fail. */
  private static void remove(Path directory) {
    for (int attempt = 0; attempt < 10 && Files.exists(directory); attempt++) {
      LockSupport.parkNanos(50_000_000);
      try {
        new FileSystemsStorage().deleteTree(directory.toString());
      } catch (IOException e) {
        if (attempt == 9) {
          System.err.println("could not remove " + directory + ": " + e.getMessage());
        }
      }
    }
  }
}

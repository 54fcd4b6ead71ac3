// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** Finds before a run what would keep it from writing at its end. */
public final class WritablePlace {
  private WritablePlace() {}

  /**
   * Writes a file where the first new directory of a path would be, and takes it away again.
   *
   * @param option that names the path, with its dashes
   * @throws BadInputException naming the option and what is in the way, if that cannot be done
   */
  public static void check(String option, String path) {
    if (!FilePath.isLocal(path)) {
      return;
    }
    Path local = FilePath.local(path).toAbsolutePath();
    BadInputException.check(
        !Files.isSymbolicLink(local) || Files.exists(local),
        "%s=%s is a link to %s, where nothing is: remove it, or choose another place",
        option,
        path,
        RealPath.of(local));
    Path parent = local.getParent() == null ? local : local.getParent();
    Path existing = RealPath.existing(parent);
    BadInputException.check(
        Files.isDirectory(existing),
        "%s=%s cannot be: %s is a file, expected a directory",
        option,
        path,
        existing);
    try {
      Files.delete(Files.createFile(existing.resolve(".slim-" + UUID.randomUUID())));
    } catch (IOException e) {
      throw new BadInputException(
          option
              + "="
              + path
              + ": nothing can be written in "
              + existing
              + " ("
              + reason(e)
              + "): choose another place",
          e);
    }
  }

  private static String reason(IOException e) {
    return e instanceof FileSystemException f && f.getReason() != null
        ? f.getReason()
        : e.getClass().getSimpleName();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import static java.util.Objects.requireNonNull;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Where a local path really leads, whether anything is there or not. */
final class RealPath {
  /** As many as Linux follows. */
  private static final int MOST_LINKS = 40;

  private RealPath() {}

  /**
   * The path without links, {@code .} and {@code ..}.
   *
   * @throws BadInputException if links lead to themselves
   */
  static Path of(Path path) {
    return follow(path, 0);
  }

  private static Path follow(Path path, int links) {
    Path whole = path.toAbsolutePath();
    BadInputException.check(links < MOST_LINKS, "%s: links without end", path);
    Path real = requireNonNull(whole.getRoot(), "an absolute path has a root");
    for (Path name : whole) {
      Path next = real.resolve(name);
      if (name.toString().equals("..")) {
        real = real.getParent() == null ? real : real.getParent();
      } else if (Files.isSymbolicLink(next)) {
        real = follow(real.resolve(target(next)), links + 1);
      } else if (!name.toString().equals(".")) {
        real = next;
      }
    }
    return real;
  }

  private static Path target(Path link) {
    try {
      return Files.readSymbolicLink(link);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether a path is another or below it; that may also be mounted there, or spelt otherwise. */
  static boolean isWithin(Path inner, Path outer) {
    Path real = of(outer);
    for (Path above = of(inner); above != null; above = above.getParent()) {
      if (isSame(above, real)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isSame(Path a, Path b) {
    try {
      return a.equals(b) || (Files.exists(a) && Files.exists(b) && Files.isSameFile(a, b));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What there is of a path, from its root on. */
  static Path existing(Path path) {
    Path real = of(path);
    while (!Files.exists(real)) {
      real = requireNonNull(real.getParent(), "there is a root");
    }
    return real;
  }
}

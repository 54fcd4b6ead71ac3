// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.command;

import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * The places that a command writes and those that it reads, none of which may be another, or lie in
 * another, whatever links lead there.
 */
public final class SeparatePlaces {
  /**
   * A place by the option that names it.
   *
   * @param option with its dashes
   */
  private record Place(String option, String path) {
    @Override
    public String toString() {
      return option + "=" + path;
    }
  }

  private final List<Place> made = new ArrayList<>();
  private final List<Place> read = new ArrayList<>();

  /**
   * All places that options of a kind say are read.
   *
   * @throws BadInputException naming a pattern that matches no file
   */
  public static <T extends PipelineOptions> SeparatePlaces readBy(
      DeclaredOptions<T> declared, T options) throws IOException {
    SeparatePlaces places = new SeparatePlaces();
    for (DeclaredOption option : declared.byName().values()) {
      PathOption path = option.path().filter(p -> !p.written()).orElse(null);
      if (path != null && option.in(options) instanceof String value) {
        for (String file : files(path.value(), value)) {
          places.read("--" + option.name(), file);
        }
      }
    }
    return places;
  }

  /** A directory or file that is written or replaced as a whole. */
  public void made(String option, String path) {
    made.add(new Place(option, path));
  }

  /** A directory or file that is read; in a directory, also the files that its links lead to. */
  public void read(String option, String path) throws IOException {
    read.add(new Place(option, path));
    if (FilePath.isLocal(path) && Files.isDirectory(FilePath.local(path))) {
      try (Stream<Path> files = Files.list(FilePath.local(path))) {
        files
            .filter(file -> Files.isSymbolicLink(file) && Files.isRegularFile(file))
            .forEach(link -> read.add(new Place(option, link.toString())));
      }
    }
  }

  /**
   * Refuses the first two that are not separate.
   *
   * @throws BadInputException naming the options of both
   */
  public void check() {
    for (int i = 0; i < made.size(); i++) {
      for (Place other : read) {
        checkApart(made.get(i), other);
      }
      for (Place other : made.subList(0, i)) {
        checkApart(made.get(i), other);
      }
    }
  }

  /**
   * Refuses a directory for many files of this and other runs where it would be in one of these.
   */
  public void checkFree(String option, String path) {
    Place shared = new Place(option, path);
    Stream.concat(made.subList(0, 1).stream(), read.stream())
        .forEach(
            place ->
                BadInputException.check(
                    !isWithin(shared.path(), place.path()),
                    "%s is within %s: choose another %s",
                    shared,
                    place,
                    shared.option()));
  }

  private static void checkApart(Place written, Place other) {
    boolean within = isWithin(written.path(), other.path());
    boolean around = isWithin(other.path(), written.path());
    BadInputException.check(
        !within && !around,
        "%s %s %s: choose another place for %s",
        written,
        within && around ? "is the same place as" : within ? "is within" : "would replace",
        other,
        written.option());
  }

  /** Whether a path is another, or below it. */
  private static boolean isWithin(String inner, String outer) {
    if (FilePath.isLocal(inner) != FilePath.isLocal(outer)) {
      return false;
    }
    return FilePath.isLocal(inner)
        ? RealPath.isWithin(FilePath.local(inner), FilePath.local(outer))
        : (inner + "/").startsWith(Storage.withoutSlash(outer) + "/");
  }

  private static List<String> files(PathOption.Kind kind, String value) {
    List<String> each = CommandPaths.each(kind, value);
    return kind == PathOption.Kind.PATTERNS || kind == PathOption.Kind.NAMED_PATTERNS
        ? each.stream().flatMap(pattern -> ReadTexts.files(pattern).stream()).toList()
        : each;
  }
}

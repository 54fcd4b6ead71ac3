// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How a file's name says that it is compressed: the one list of what can be read. */
public final class CompressedName {
  /** As Beam's {@code Compression} has them, without LZO, whose library is not free to bring. */
  static final List<String> SUFFIXES =
      List.of(".gz", ".bz2", ".zst", ".zstd", ".deflate", ".zlib", ".snappy", ".zip");

  private static final List<String> UNREADABLE = List.of(".lzo", ".lzo_deflate");

  private CompressedName() {}

  /** Whether the name ends as those of compressed files that can be read. */
  public static boolean isCompressed(String path) {
    return endsWithAny(path, SUFFIXES);
  }

  /** Whether the name says a compression that cannot be read. */
  public static boolean isUnreadable(String path) {
    return endsWithAny(path, UNREADABLE);
  }

  /** The suffixes of compressed files, with commas between them, for messages. */
  public static String list() {
    return String.join(", ", SUFFIXES);
  }

  /** A regular expression of one suffix or none. */
  static String pattern() {
    return SUFFIXES.stream()
        .map(suffix -> suffix.substring(1))
        .collect(Collectors.joining("|", "(\\.(", "))?"));
  }

  private static boolean endsWithAny(String path, List<String> suffixes) {
    String name = path.toLowerCase(Locale.ROOT);
    return suffixes.stream().anyMatch(name::endsWith);
  }
}

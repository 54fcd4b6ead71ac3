// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.report;

import java.util.List;
import java.util.stream.IntStream;

/** Short names of paths. */
final class Names {
  private Names() {}

  /** The last part of a path. */
  static String last(String path) {
    return tail(path, 1);
  }

  /**
   * The same number of last parts of each path, as few as tell them apart; the same path twice is
   * told apart by its number.
   */
  static List<String> distinct(List<String> paths) {
    int longest = paths.stream().mapToInt(p -> p.split("/").length).max().orElse(1);
    for (int parts = 1; parts <= longest; parts++) {
      int count = parts;
      List<String> names = paths.stream().map(p -> tail(p, count)).toList();
      if (names.stream().distinct().count() == paths.size()) {
        return names;
      }
    }
    return IntStream.range(0, paths.size())
        .mapToObj(i -> last(paths.get(i)) + " (" + (i + 1) + ")")
        .toList();
  }

  private static String tail(String path, int parts) {
    String[] all = path.replaceAll("/+$", "").split("/");
    int from = Math.max(0, all.length - parts);
    return String.join("/", List.of(all).subList(from, all.length));
  }
}

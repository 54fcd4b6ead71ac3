// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;

/** Which resources lie in a folder, so that one more is found without being listed anywhere. */
final class Resources {
  private Resources() {}

  /**
   * Names of the files in a folder beside a class, sorted: in a folder of classes or in a jar,
   * where the class itself is.
   *
   * @param folder with a slash at its end
   */
  static List<String> below(Class<?> owner, String folder) throws IOException {
    URL place = owner.getResource(owner.getSimpleName() + ".class");
    if (place == null) {
      throw new IllegalStateException("no class file of " + owner);
    }
    URLConnection connection = place.openConnection();
    if (connection instanceof JarURLConnection inJar) {
      inJar.setUseCaches(false);
      String entry = inJar.getEntryName();
      String prefix = entry.substring(0, entry.lastIndexOf('/') + 1) + folder;
      try (JarFile jar = inJar.getJarFile()) {
        return named(
            jar.stream()
                .map(e -> e.getName())
                .filter(name -> name.startsWith(prefix))
                .map(name -> name.substring(prefix.length())));
      }
    }
    try {
      Path parent = Path.of(place.toURI()).resolveSibling(folder);
      try (Stream<Path> files = Files.list(parent)) {
        return named(files.map(file -> file.getFileName().toString()));
      }
    } catch (URISyntaxException e) {
      throw new IOException(e);
    }
  }

  private static List<String> named(Stream<String> names) {
    return names.filter(name -> !name.isEmpty() && !name.contains("/")).sorted().toList();
  }
}

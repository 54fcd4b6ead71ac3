// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The names of all files that a run keeps in its work directory: the only ones that are ever
 * deleted there.
 */
final class WorkLayout {
  private static final String PARTIAL = "(\\.[0-9a-f-]{36}\\.partial)?";
  private static final String SUBLAYER = "[0-9]{4,}-(ATTENTION|FFN)";

  /** By place below the directory; a glob finds the candidates, the pattern tells the names. */
  private record Place(String glob, Pattern name) {
    static Place of(String glob, String name) {
      return new Place(glob, Pattern.compile(".*/" + name + PARTIAL));
    }
  }

  private static final List<Place> PLACES =
      List.of(
          Place.of("*", "(claim|plan|weights|written)\\.avro"),
          Place.of("windows/*", "windows/[0-9]{5,}\\.avro"),
          Place.of("hidden-states/*/*", "hidden-states/[0-9]{4,}/[0-9]{5,}\\.safetensors"),
          Place.of("dense-states/*/*", "dense-states/[0-9]{4,}/[0-9]{5,}\\.safetensors"),
          Place.of("measured-states/*/*", "measured-states/[0-9]{4,}/[0-9]{5,}\\.safetensors"),
          tiles("measured-moments"),
          Place.of("curves/*", "curves/" + SUBLAYER + "\\.avro"),
          Place.of("attention-outputs/*/*", "attention-outputs/[0-9]{4,}/[0-9]{5,}\\.safetensors"),
          tiles("moments"),
          Place.of("pruned/*", "pruned/" + SUBLAYER + "(\\.avro|-[0-9a-f]{8}\\.safetensors)"));

  private WorkLayout() {}

  private static Place tiles(String folder) {
    return Place.of(
        folder + "/*/*",
        folder
            + "/"
            + SUBLAYER
            + "/(shard-[0-9]{5,}|[0-9]{4,}-[0-9]{4,})-[0-9a-f]{8}\\.safetensors");
  }

  /** The files of a run in this directory. */
  static List<String> files(Storage storage, String directory) throws IOException {
    List<String> files = new ArrayList<>();
    for (Place place : PLACES) {
      storage.list(directory, place.glob()).stream()
          .filter(path -> place.name().matcher(path).matches())
          .forEach(files::add);
    }
    return files;
  }
}

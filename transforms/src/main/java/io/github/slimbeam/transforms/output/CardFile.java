// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;

/** The card of a pruned model, {@code README.md}: who finds one knows by a mark whose it is. */
public final class CardFile {
  /** Name of the file in a model's directory. */
  public static final String NAME = "README.md";

  /** A line that only cards of ours have. */
  public static final String MARK =
      "<!-- Written by slim-beam. Without this line it is left alone. -->";

  private CardFile() {}

  /** Whether a directory holds one that we may replace. */
  public static boolean isOurs(Storage storage, String directory) throws IOException {
    String path = storage.resolve(directory, NAME);
    return storage.exists(path)
        && new String(storage.read(path), UTF_8).lines().anyMatch(MARK::equals);
  }

  /** Whether a directory holds one that is somebody else's. */
  public static boolean isForeign(Storage storage, String directory) throws IOException {
    return storage.exists(storage.resolve(directory, NAME)) && !isOurs(storage, directory);
  }
}

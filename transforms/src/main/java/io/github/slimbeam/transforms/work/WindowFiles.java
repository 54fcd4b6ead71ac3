// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.schemas.WindowShard;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The drawn windows in the work directory, one Avro file a shard, so that text is tokenised once a
 * run and not once a job.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 */
public record WindowFiles(Storage storage, String directory) implements Serializable {
  private static final long serialVersionUID = 1;

  /** Writes the windows of a shard, unless they are there. */
  public void keep(int shard, List<TokenSequence> windows) throws IOException {
    if (!storage.exists(path(shard))) {
      RecordFile.write(storage, path(shard), new WindowShard(shard, windows));
    }
  }

  /** Whether the windows of all these shards are there. */
  public boolean hasAll(int shards) throws IOException {
    for (int shard = 0; shard < shards; shard++) {
      if (!storage.exists(path(shard))) {
        return false;
      }
    }
    return true;
  }

  /**
   * The windows of a shard.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if they are not there, or were
   *     damaged
   */
  public List<TokenSequence> read(int shard) throws IOException {
    Optional<WindowShard> found = RecordFile.find(storage, path(shard), WindowShard.class);
    check(
        found.isPresent(),
        "%s: missing: the work directory was changed during the run",
        path(shard));
    return found.orElseThrow().getWindows();
  }

  private String path(int shard) {
    return storage.resolve(directory, String.format(Locale.ROOT, "windows/%05d.avro", shard));
  }
}

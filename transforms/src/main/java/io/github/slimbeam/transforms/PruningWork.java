package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.model.HiddenStateFiles;
import io.github.slimbeam.transforms.statistics.TileFiles;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.Serializable;

/**
 * Where a pruning run reads and works: what all of its transforms agree on.
 *
 * @param model directory of the dense model
 * @param directory the work directory: seen by all workers, empty at the start
 * @param shards how the calibration sequences are divided; at least the number of workers. It must
 *     not follow the parallelism, or the sums would be taken in another order
 * @param tileSize width of the tiles in which moments travel
 */
public record PruningWork(String model, String directory, int shards, int tileSize)
    implements Serializable {
  public static final int DEFAULT_SHARDS = 16;

  public PruningWork {
    check(shards > 0, "--shards=%d: expected a positive number", shards);
    check(
        tileSize > 0 && tileSize <= 1408,
        "--tileSize=%d: expected 1 to 1408, which is 16 MB",
        tileSize);
  }

  /** With the default shards and tiles. */
  public static PruningWork of(String model, String directory) {
    return new PruningWork(model, directory, DEFAULT_SHARDS, TileGrid.DEFAULT_TILE_SIZE);
  }

  Storage storage() {
    return new FileSystemsStorage();
  }

  HiddenStateFiles hiddenStates() {
    return new HiddenStateFiles(storage(), directory);
  }

  TileFiles tiles() {
    return new TileFiles(storage(), directory);
  }
}

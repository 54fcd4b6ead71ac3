package io.github.slimbeam.transforms;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.model.HiddenStateFiles;
import io.github.slimbeam.transforms.statistics.TileFiles;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.Serializable;
import java.util.UUID;

/**
 * Where a pruning run reads and works: what all of its transforms agree on.
 *
 * @param model directory of the dense model
 * @param parent directory in which the run makes its own, seen by all workers
 * @param run names the run's own directory; fresh, so that no file of another run is taken for one
 *     of this
 * @param shards how the calibration sequences are divided; at least the number of workers. It must
 *     not follow the parallelism, or the sums would be taken in another order
 * @param tileSize width of the tiles in which moments travel
 */
public record PruningWork(String model, String parent, String run, int shards, int tileSize)
    implements Serializable {
  public static final int DEFAULT_SHARDS = 16;

  public PruningWork {
    check(shards > 0, "--shards=%d: expected a positive number", shards);
    check(
        tileSize > 0 && tileSize <= 1408,
        "tile size %d: expected 1 to 1408, which is 16 MB",
        tileSize);
  }

  /** A new run, with the default shards and tiles. */
  public static PruningWork of(String model, String parent) {
    String run = UUID.randomUUID().toString().substring(0, 8);
    return new PruningWork(model, parent, run, DEFAULT_SHARDS, TileGrid.DEFAULT_TILE_SIZE);
  }

  /** The same run with another number of shards. */
  public PruningWork withShards(int number) {
    return new PruningWork(model, parent, run, number, tileSize);
  }

  /** The same run with other tiles. */
  public PruningWork withTileSize(int width) {
    return new PruningWork(model, parent, run, shards, width);
  }

  /** The run's own directory. */
  public String directory() {
    return parent.replaceAll("/+$", "") + "/slim-" + run;
  }

  Storage storage() {
    return new FileSystemsStorage();
  }

  HiddenStateFiles hiddenStates() {
    return new HiddenStateFiles(storage(), directory());
  }

  TileFiles tiles() {
    return new TileFiles(storage(), directory());
  }
}

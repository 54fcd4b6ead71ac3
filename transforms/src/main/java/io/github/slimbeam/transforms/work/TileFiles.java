// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TilePart;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.statistics.GramAccumulator;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Moments on their way from the workers that sum shards to the one that prunes: a file for each
 * shard with all its tiles, then a file for each tile of all shards.
 *
 * <p>Sums are rounded, so their order counts. Within a shard it is that of its batches; the shards
 * are added in the order of their numbers. Which worker did what, and when, decides nothing.
 *
 * <p>Every attempt has files of its own, so one that was given up but is still alive cannot change
 * what another's references speak of.
 *
 * <p><em>Cost</em>: n² · 4 bytes written for each shard, and read once more.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 * @param folder below it
 */
public record TileFiles(Storage storage, String directory, String folder) implements Serializable {
  private static final TorchProgram PROGRAM = TorchProgram.of(TileFiles.class);
  private static final String GRAM = "gram";
  private static final String SUM = "sum";
  private static final String OPENING_SQUARES = "opening_squares";
  private static final String CROSS = "cross";
  private static final String TARGET_SQUARES = "target_squares";
  private static final Pattern OURS =
      Pattern.compile(".*/(shard-[0-9]{5,}|[0-9]{4,}-[0-9]{4,})-[0-9a-f]{8}\\.safetensors");

  /** Those of the model that is being pruned. */
  public static TileFiles pruned(Storage storage, String directory) {
    return new TileFiles(storage, directory, "moments");
  }

  /** Those of the dense pass that plans may follow from. */
  public static TileFiles measured(Storage storage, String directory) {
    return new TileFiles(storage, directory, "measured-moments");
  }

  /** Writes the sums of one shard and says where each of its tiles is. */
  public List<TilePart> write(SublayerKey key, int shard, GramAccumulator sums) throws IOException {
    Writing file = new Writing(path(key, String.format(Locale.ROOT, "shard-%05d", shard)));
    List<TilePart> parts = new ArrayList<>();
    for (GramAccumulator.TileSums tile : sums.tiles()) {
      TileKey place = key(key, tile.place());
      String suffix = String.format(Locale.ROOT, "-%04d-%04d", place.getRow(), place.getColumn());
      parts.add(
          new TilePart(
              shard,
              new TileReference(
                  place,
                  sums.count(),
                  file.add(GRAM + suffix, tile.gram()),
                  file.add(SUM + suffix, tile.sum()),
                  file.add(OPENING_SQUARES, tile.openingSquares()),
                  file.add(CROSS + suffix, tile.cross()),
                  file.add(TARGET_SQUARES, tile.targetSquares()))));
    }
    file.finish();
    return parts;
  }

  /** Stands for the sums of a shard without tokens: no file holds them. */
  public static List<TilePart> empty(SublayerKey key, int shard, TileGrid grid) {
    return grid.tiles().stream()
        .map(place -> new TilePart(shard, nowhere(key(key, place))))
        .toList();
  }

  /** Stands for the moments of a sub-layer that was pruned by a former attempt. */
  public static TileReference nothing(SublayerKey key) {
    return nowhere(key(key, new TileGrid.Tile(0, 0)));
  }

  private static TileReference nowhere(TileKey key) {
    TensorReference gram = new TensorReference("", GRAM, DType.F64, List.of(0L, 0L), "");
    return new TileReference(key, 0L, gram, null, null, null, null);
  }

  /**
   * Adds up the parts of one tile.
   *
   * @param parts those of all shards, in any order
   * @param shards how many there are
   * @throws io.github.slimbeam.transforms.storage.BadInputException if one is missing or damaged
   */
  public TileReference merge(TileKey key, Collection<TilePart> parts, int shards)
      throws IOException {
    List<TilePart> inOrder = new ArrayList<>(parts);
    inOrder.sort(Comparator.comparingInt(TilePart::getShard));
    for (int shard = 0; shard < Math.max(shards, inOrder.size()); shard++) {
      check(
          inOrder.size() == shards && inOrder.get(shard).getShard() == shard,
          "%s: %d shards have sums of it, expected each of %d once",
          key,
          inOrder.size(),
          shards);
    }
    List<TileReference> tiles =
        inOrder.stream().map(TilePart::getTile).filter(tile -> tile.getCount() > 0).toList();
    if (tiles.size() < 2) {
      return tiles.isEmpty() ? nowhere(key) : tiles.get(0);
    }
    SublayerKey sublayer = new SublayerKey(key.getLayer(), key.getKind());
    Writing file =
        new Writing(
            path(sublayer, String.format(Locale.ROOT, "%04d-%04d", key.getRow(), key.getColumn())));
    try (TorchScope scope = TorchScope.open()) {
      TileReference merged =
          new TileReference(
              key,
              tiles.stream().mapToLong(TileReference::getCount).sum(),
              file.add(GRAM, sum(scope, tiles, TileReference::getGram)),
              file.add(SUM, sum(scope, tiles, TileReference::getSum)),
              file.add(OPENING_SQUARES, sum(scope, tiles, TileReference::getOpeningSquares)),
              file.add(CROSS, sum(scope, tiles, TileReference::getCross)),
              file.add(TARGET_SQUARES, sum(scope, tiles, TileReference::getTargetSquares)));
      file.finish();
      return merged;
    }
  }

  /**
   * One after the other, so that there are never more than two in memory; null where the tiles have
   * no such tensor.
   */
  private @Nullable NDArray sum(
      TorchScope scope, List<TileReference> tiles, Function<TileReference, TensorReference> tensor)
      throws IOException {
    if (tensor.apply(tiles.get(0)) == null) {
      return null;
    }
    NDArray total = TensorBytes.load(scope, storage, tensor.apply(tiles.get(0)));
    for (TileReference tile : tiles.subList(1, tiles.size())) {
      try (TorchScope inner = scope.nested()) {
        PROGRAM.call(inner, "add", total, TensorBytes.load(inner, storage, tensor.apply(tile)));
      }
    }
    return total;
  }

  /** Deletes all moments of a sub-layer, those of attempts that were given up too. */
  public void delete(SublayerKey key) throws IOException {
    storage.delete(
        storage.list(directory, folder(key) + "/*").stream()
            .filter(path -> OURS.matcher(path).matches())
            .toList());
  }

  private String path(SublayerKey key, String name) {
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    return storage.resolve(directory, folder(key) + "/" + name + "-" + attempt + ".safetensors");
  }

  private String folder(SublayerKey key) {
    return String.format(Locale.ROOT, "%s/%04d-%s", folder, key.getLayer(), key.getKind());
  }

  private static TileKey key(SublayerKey key, TileGrid.Tile place) {
    return new TileKey(key.getLayer(), key.getKind(), place.row(), place.column());
  }

  /** A file while it is put together. */
  private final class Writing {
    private final String path;
    private final List<SafetensorsWriter.Source> sources = new ArrayList<>();

    Writing(String path) {
      this.path = path;
    }

    /** Adds a tensor; null where there is none. */
    @Nullable TensorReference add(String name, @Nullable NDArray tensor) throws IOException {
      if (tensor == null) {
        return null;
      }
      SafetensorsWriter.Source source = TensorBytes.source(name, tensor, DType.F64);
      sources.add(source);
      return new TensorReference(
          path, name, DType.F64, source.shape(), TensorBytes.checksum(tensor, DType.F64));
    }

    void finish() throws IOException {
      storage.write(path, channel -> SafetensorsWriter.write(channel, Map.of(), sources));
    }
  }
}

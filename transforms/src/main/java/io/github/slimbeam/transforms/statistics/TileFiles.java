package io.github.slimbeam.transforms.statistics;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TileKey;
import io.github.slimbeam.schemas.TileReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Merged tiles, one safetensors file each, named by their key.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 */
public record TileFiles(Storage storage, String directory) implements Serializable {
  private static final String GRAM = "gram";
  private static final String SUM = "sum";
  private static final String OPENING_SQUARES = "opening_squares";

  /** Writes a merged tile and says where; {@link TileSum#nothing} is kept nowhere. */
  public TileReference write(TileKey key, GramTile tile) throws IOException {
    if (TileSum.isNothing(tile)) {
      TensorReference nowhere = new TensorReference("", GRAM, DType.F64, List.of(0L, 0L), "");
      return new TileReference(key, 0L, nowhere, null, null);
    }
    String path =
        storage.resolve(
            directory,
            String.format(
                Locale.ROOT,
                "moments/%04d-%s/%04d-%04d.safetensors",
                key.getLayer(),
                key.getKind(),
                key.getRow(),
                key.getColumn()));
    List<SafetensorsWriter.Source> sources = new ArrayList<>();
    TensorReference gram =
        add(sources, path, GRAM, tile.getGram(), (long) tile.getRows(), (long) tile.getColumns());
    TensorReference sum = addVector(sources, path, SUM, tile.getSum());
    TensorReference squares = addVector(sources, path, OPENING_SQUARES, tile.getOpeningSquares());
    storage.write(path, channel -> SafetensorsWriter.write(channel, Map.of(), sources));
    return new TileReference(key, tile.getCount(), gram, sum, squares);
  }

  /** Deletes the files of tiles that are no longer needed. */
  public void delete(Collection<TileReference> tiles) throws IOException {
    storage.delete(
        tiles.stream().map(t -> t.getGram().getPath()).filter(path -> !path.isEmpty()).toList());
  }

  private static TensorReference addVector(
      List<SafetensorsWriter.Source> sources, String path, String name, ByteBuffer bytes) {
    return bytes.hasRemaining()
        ? add(sources, path, name, bytes, (long) bytes.remaining() / Double.BYTES)
        : null;
  }

  private static TensorReference add(
      List<SafetensorsWriter.Source> sources,
      String path,
      String name,
      ByteBuffer bytes,
      Long... shape) {
    sources.add(
        new SafetensorsWriter.Source(
            name,
            DType.F64,
            List.of(shape),
            channel -> Storage.writeFully(channel, bytes.duplicate())));
    CRC32C crc = new CRC32C();
    crc.update(bytes.duplicate());
    String checksum = HexFormat.of().toHexDigits((int) crc.getValue());
    return new TensorReference(path, name, DType.F64, List.of(shape), checksum);
  }
}

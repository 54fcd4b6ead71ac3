package io.github.slimbeam.transforms;

import io.github.slimbeam.schemas.GramTile;
import io.github.slimbeam.transforms.statistics.TileSum;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;

/** A sum of tiles travels as the tile that it makes, after a flag that there is one. */
final class TileSumCoder extends CustomCoder<TileSum> {
  private static final long serialVersionUID = 1;
  private static final TileSumCoder INSTANCE = new TileSumCoder();
  private static final Coder<GramTile> TILE = AvroCoder.of(GramTile.class);

  static TileSumCoder of() {
    return INSTANCE;
  }

  @Override
  public void encode(TileSum sum, OutputStream out) throws IOException {
    BooleanCoder.of().encode(!sum.isEmpty(), out);
    if (!sum.isEmpty()) {
      TILE.encode(sum.toTile(), out);
    }
  }

  @Override
  public TileSum decode(InputStream in) throws IOException {
    return BooleanCoder.of().decode(in) ? new TileSum().add(TILE.decode(in)) : new TileSum();
  }
}

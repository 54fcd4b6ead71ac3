// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import io.airlift.compress.Decompressor;
import io.airlift.compress.MalformedInputException;
import io.airlift.compress.lz4.Lz4Decompressor;
import io.airlift.compress.snappy.SnappyDecompressor;
import io.airlift.compress.zstd.ZstdDecompressor;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import org.apache.parquet.bytes.BytesInput;
import org.apache.parquet.compression.CompressionCodecFactory;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;

/**
 * The compressions inside Parquet files, in Java alone: parquet-java's own ask Hadoop for them, and
 * Hadoop for its configuration.
 */
record ParquetCodecs(String path) implements CompressionCodecFactory {
  @Override
  public BytesInputDecompressor getDecompressor(CompressionCodecName codec) {
    return switch (codec) {
      case UNCOMPRESSED -> new Codec((page, size) -> page);
      case SNAPPY -> airlift(new SnappyDecompressor());
      case ZSTD -> airlift(new ZstdDecompressor());
      case LZ4_RAW -> airlift(new Lz4Decompressor());
      case GZIP ->
          new Codec(
              (page, size) -> new GZIPInputStream(new ByteArrayInputStream(page)).readNBytes(size));
      default ->
          throw new BadInputException(
              String.format(
                  Locale.ROOT,
                  "%s: compressed inside by %s, which is not read: expected snappy, zstd, gzip, LZ4_RAW or none",
                  path,
                  codec));
    };
  }

  private static Codec airlift(Decompressor decompressor) {
    return new Codec(
        (page, size) -> {
          byte[] whole = new byte[size];
          try {
            decompressor.decompress(page, 0, page.length, whole, 0, size);
          } catch (MalformedInputException e) {
            throw new IllegalStateException("a page cannot be decompressed", e);
          }
          return whole;
        });
  }

  @Override
  public BytesInputCompressor getCompressor(CompressionCodecName codec) {
    throw new UnsupportedOperationException("files are only read");
  }

  @Override
  public void release() {}

  @FunctionalInterface
  private interface Decompression {
    byte[] decompress(byte[] page, int size) throws IOException;
  }

  private record Codec(Decompression decompression) implements BytesInputDecompressor {
    @Override
    public BytesInput decompress(BytesInput page, int size) throws IOException {
      return BytesInput.from(decompression.decompress(page.toInputStream().readAllBytes(), size));
    }

    @Override
    public void decompress(ByteBuffer page, int pageSize, ByteBuffer whole, int size)
        throws IOException {
      byte[] compressed = new byte[pageSize];
      page.get(compressed);
      whole.put(decompression.decompress(compressed, size));
    }

    @Override
    public void release() {}
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import io.github.slimbeam.transforms.storage.ExactChannel;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes GGUF files: metadata and tensor entries first, then each tensor's bytes as its source
 * produces them, padded to multiples of 32 bytes.
 *
 * <p><em>Cost</em>: memory of the metadata, twice, and of what the sources hold.
 */
public final class GgufWriter {
  static final int MAGIC = 0x46554747; // "GGUF", read as a little-endian number
  static final int VERSION = 3;
  static final int ALIGNMENT = 32;

  /** Bytes that a tensor's name may have: llama.cpp's 64 less the one that ends it. */
  static final int MAX_NAME = 63;

  /**
   * A tensor to be written.
   *
   * @param shape dimensions, outermost first as Hugging Face has them; the file has them reversed
   * @param content writes exactly the tensor's bytes, row-major, little endian
   */
  public record Source(String name, GgufType type, List<Long> shape, Storage.Content content) {
    public Source {
      shape = List.copyOf(shape);
      if (shape.isEmpty() || shape.size() > 4 || name.isEmpty() || name.length() > MAX_NAME) {
        throw new IllegalArgumentException("tensor " + name + " of shape " + shape);
      }
    }

    /** Bytes that the content writes. */
    public long size() {
      if (shape.get(shape.size() - 1) % type.block() != 0) {
        throw new IllegalArgumentException("tensor " + name + ": rows are no whole blocks");
      }
      return type.bytes(shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact));
    }
  }

  private GgufWriter() {}

  /**
   * Writes a whole file to the channel.
   *
   * @param metadata in the order in which it is to stand
   */
  public static void write(
      WritableByteChannel channel, Map<String, GgufValue> metadata, List<Source> sources)
      throws IOException {
    Storage.writeFully(channel, header(metadata, sources));
    for (Source source : sources) {
      ExactChannel.write(channel, source.content(), source.size(), "tensor " + source.name());
      Storage.writeFully(
          channel, ByteBuffer.allocate((int) (padded(source.size()) - source.size())));
    }
  }

  /** Bytes of the file that {@link #write} makes of these. */
  public static long size(Map<String, GgufValue> metadata, List<Source> sources) {
    return padded(headerSize(metadata, sources))
        + sources.stream().mapToLong(source -> padded(source.size())).sum();
  }

  private static ByteBuffer header(Map<String, GgufValue> metadata, List<Source> sources) {
    int size = Math.toIntExact(padded(headerSize(metadata, sources)));
    ByteBuffer header = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    header.putInt(MAGIC).putInt(VERSION).putLong(sources.size()).putLong(metadata.size());
    metadata.forEach(
        (key, value) -> {
          new GgufValue.Text(key).put(header);
          header.putInt(value.kind().code());
          value.put(header);
        });
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (Source source : sources) {
      if (!names.add(source.name())) {
        throw new IllegalArgumentException("tensor " + source.name() + " twice");
      }
      new GgufValue.Text(source.name()).put(header);
      header.putInt(source.shape().size());
      for (int i = source.shape().size() - 1; i >= 0; i--) {
        header.putLong(source.shape().get(i));
      }
      header.putInt(source.type().code()).putLong(offset);
      offset += padded(source.size());
    }
    return header.position(0);
  }

  private static long headerSize(Map<String, GgufValue> metadata, List<Source> sources) {
    long values =
        metadata.entrySet().stream()
            .mapToLong(e -> new GgufValue.Text(e.getKey()).size() + 4 + e.getValue().size())
            .sum();
    long entries =
        sources.stream()
            .mapToLong(s -> new GgufValue.Text(s.name()).size() + 16 + 8L * s.shape().size())
            .sum();
    return 24 + values + entries;
  }

  private static long padded(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}

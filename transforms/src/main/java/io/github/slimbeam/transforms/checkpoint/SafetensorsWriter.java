// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.storage.ExactChannel;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Writes safetensors files: header first, then each tensor's bytes as its source produces them. */
public final class SafetensorsWriter {
  /**
   * A tensor to be written.
   *
   * @param content writes exactly the tensor's bytes, row-major, little endian
   */
  public record Source(String name, DType dtype, List<Long> shape, Storage.Content content) {
    public Source {
      shape = List.copyOf(shape);
    }

    /** Bytes that the content writes. */
    public long size() {
      return new TensorEntry(name, dtype, shape, 0, 0).elements() * TensorEntry.width(dtype);
    }
  }

  private SafetensorsWriter() {}

  /**
   * Writes a whole file to the channel. The header is padded so that the data begins at a multiple
   * of 8 bytes.
   */
  public static void write(
      WritableByteChannel channel, Map<String, String> metadata, List<Source> sources)
      throws IOException {
    Storage.writeFully(channel, header(metadata, sources));
    for (Source source : sources) {
      ExactChannel.write(channel, source.content(), source.size(), "tensor " + source.name());
    }
  }

  /** Bytes of the file that {@link #write} makes of these. */
  public static long size(Map<String, String> metadata, List<Source> sources) throws IOException {
    return header(metadata, sources).remaining() + sources.stream().mapToLong(Source::size).sum();
  }

  private static ByteBuffer header(Map<String, String> metadata, List<Source> sources)
      throws IOException {
    ObjectNode root = Json.PLAIN.createObjectNode();
    if (!metadata.isEmpty()) {
      root.set("__metadata__", Json.PLAIN.valueToTree(metadata));
    }
    long position = 0;
    for (Source source : sources) {
      ObjectNode entry = root.putObject(source.name());
      entry.put("dtype", source.dtype().name());
      entry.set("shape", Json.PLAIN.valueToTree(source.shape()));
      entry.putArray("data_offsets").add(position).add(position + source.size());
      position += source.size();
    }
    byte[] json = Json.PLAIN.writeValueAsBytes(root);
    int padded = (json.length + 7) / 8 * 8;
    ByteBuffer header = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
    header.putLong(padded).put(json);
    header.put(" ".repeat(padded - json.length).getBytes(StandardCharsets.US_ASCII));
    return header.flip();
  }
}

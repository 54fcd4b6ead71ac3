// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** An open safetensors file, read by tensor name and position, never whole. */
public final class SafetensorsFile implements AutoCloseable {
  private final String path;
  private final SeekableByteChannel channel;
  private final SafetensorsHeader header;

  private SafetensorsFile(String path, SeekableByteChannel channel) throws IOException {
    this.path = path;
    this.channel = channel;
    this.header = SafetensorsHeader.read(channel, path);
  }

  /** Opens the file and checks its header. */
  public static SafetensorsFile open(Storage storage, String path) throws IOException {
    SeekableByteChannel channel = storage.open(path);
    try {
      return new SafetensorsFile(path, channel);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  public String path() {
    return path;
  }

  public SafetensorsHeader header() {
    return header;
  }

  /** The tensor of this name. */
  public TensorEntry entry(String name) {
    TensorEntry entry = header.tensors().get(name);
    check(entry != null, "%s: no tensor %s", path, name);
    return entry;
  }

  /** Fills {@code bytes} with the tensor's bytes from {@code offset} on. */
  public void read(TensorEntry entry, long offset, ByteBuffer bytes) throws IOException {
    check(
        offset >= 0 && offset + bytes.remaining() <= entry.end() - entry.begin(),
        "%s: tensor %s: read beyond its end",
        path,
        entry.name());
    channel.position(header.dataStart() + entry.begin() + offset);
    Storage.readFully(channel, bytes, path);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

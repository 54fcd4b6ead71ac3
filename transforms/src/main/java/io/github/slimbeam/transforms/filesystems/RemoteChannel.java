// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/**
 * What {@link SeekableByteChannel} promises, over channels of Beam 2.70 that do not keep it all:
 * Hadoop's moves the position of a buffer outside the heap twice, so such a buffer is filled by way
 * of one inside; S3's cannot be positioned at the end.
 */
final class RemoteChannel implements SeekableByteChannel {
  private static final int CHUNK = 1 << 20;

  private final SeekableByteChannel channel;

  /** A position at the end or behind it, where nothing can be read; otherwise negative. */
  private long beyond = -1;

  RemoteChannel(SeekableByteChannel channel) {
    this.channel = channel;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    if (beyond >= 0) {
      return -1;
    }
    if (target.hasArray()) {
      return channel.read(target);
    }
    ByteBuffer chunk = ByteBuffer.allocate(Math.min(CHUNK, target.remaining()));
    int count = channel.read(chunk);
    target.put(chunk.flip());
    return count;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return channel.write(source);
  }

  @Override
  public long position() throws IOException {
    return beyond >= 0 ? beyond : channel.position();
  }

  @Override
  public SeekableByteChannel position(long position) throws IOException {
    if (position < channel.size()) {
      channel.position(position);
      beyond = -1;
    } else {
      beyond = position;
    }
    return this;
  }

  @Override
  public long size() throws IOException {
    return channel.size();
  }

  @Override
  public SeekableByteChannel truncate(long size) throws IOException {
    channel.truncate(size);
    return this;
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

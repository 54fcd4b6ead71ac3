// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.nio.ByteBuffer;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.SeekableByteChannel;

/** Reads bytes in heap by position. */
final class MemoryChannel implements SeekableByteChannel {
  private final byte[] content;
  private int position;
  private boolean open = true;

  MemoryChannel(byte[] content) {
    this.content = content.clone();
  }

  @Override
  public int read(ByteBuffer target) {
    if (position >= content.length) {
      return -1;
    }
    int count = Math.min(target.remaining(), content.length - position);
    target.put(content, position, count);
    position += count;
    return count;
  }

  @Override
  public int write(ByteBuffer source) {
    throw new NonWritableChannelException();
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public SeekableByteChannel position(long newPosition) {
    position = Math.toIntExact(newPosition);
    return this;
  }

  @Override
  public long size() {
    return content.length;
  }

  @Override
  public SeekableByteChannel truncate(long size) {
    throw new NonWritableChannelException();
  }

  @Override
  public boolean isOpen() {
    return open;
  }

  @Override
  public void close() {
    open = false;
  }
}

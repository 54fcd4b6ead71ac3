// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Hands rows of a matrix on, each with zeros behind it. */
final class PaddedRows implements WritableByteChannel {
  private static final int CHUNK = 1 << 16;

  private final WritableByteChannel target;
  private final int rowBytes;
  private final int zeroBytes;
  private int at;

  /**
   * Rows of so many bytes, each followed by so many zeros.
   *
   * @param target is not closed with this
   */
  PaddedRows(WritableByteChannel target, int rowBytes, int zeroBytes) {
    this.target = target;
    this.rowBytes = rowBytes;
    this.zeroBytes = zeroBytes;
  }

  /** Writes zeros. */
  static void zeros(WritableByteChannel channel, long bytes) throws IOException {
    ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(CHUNK, bytes));
    for (long left = bytes; left > 0; left -= zeros.limit()) {
      Storage.writeFully(channel, zeros.clear().limit((int) Math.min(zeros.capacity(), left)));
    }
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int count = bytes.remaining();
    while (bytes.hasRemaining()) {
      int part = Math.min(bytes.remaining(), rowBytes - at);
      Storage.writeFully(target, bytes.slice(bytes.position(), part));
      bytes.position(bytes.position() + part);
      at += part;
      if (at == rowBytes) {
        zeros(target, zeroBytes);
        at = 0;
      }
    }
    return count;
  }

  @Override
  public boolean isOpen() {
    return target.isOpen();
  }

  @Override
  public void close() {}
}

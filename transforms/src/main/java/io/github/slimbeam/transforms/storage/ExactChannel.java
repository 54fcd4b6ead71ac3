// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/**
 * The part of a file that one content writes, where a header has already told how long it is: what
 * is written is counted, and the file stays open.
 */
public final class ExactChannel implements WritableByteChannel {
  private final WritableByteChannel channel;
  private long count;

  private ExactChannel(WritableByteChannel channel) {
    this.channel = channel;
  }

  /**
   * Writes a content of a known size.
   *
   * @param what name of the content, for the error
   * @throws IllegalStateException if it writes more or fewer bytes
   */
  public static void write(
      WritableByteChannel channel, Storage.Content content, long size, String what)
      throws IOException {
    ExactChannel counted = new ExactChannel(channel);
    content.writeTo(counted);
    if (counted.count != size) {
      throw new IllegalStateException(what + ": wrote " + counted.count + " of " + size + " bytes");
    }
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    int written = channel.write(bytes);
    count += written;
    return written;
  }

  @Override
  public boolean isOpen() {
    return channel.isOpen();
  }

  @Override
  public void close() {
    throw new IllegalStateException("a tensor's source must not close the file");
  }
}

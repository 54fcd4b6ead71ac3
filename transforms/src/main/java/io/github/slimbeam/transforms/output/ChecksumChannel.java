// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import io.github.slimbeam.transforms.storage.Crc32c;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Hands bytes on and sums them up. */
final class ChecksumChannel implements WritableByteChannel {
  private final WritableByteChannel target;
  private final Crc32c crc = new Crc32c();

  ChecksumChannel(WritableByteChannel target) {
    this.target = target;
  }

  /** CRC-32C of what was written, as eight hexadecimal digits. */
  String crc32c() {
    return crc.digits();
  }

  @Override
  public int write(ByteBuffer bytes) throws IOException {
    ByteBuffer written = bytes.duplicate();
    int count = target.write(bytes);
    crc.update(written.limit(written.position() + count));
    return count;
  }

  @Override
  public boolean isOpen() {
    return target.isOpen();
  }

  @Override
  public void close() throws IOException {
    target.close();
  }
}

package io.github.slimbeam.transforms.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** Hands bytes on and sums them up. */
final class ChecksumChannel implements WritableByteChannel {
  private final WritableByteChannel target;
  private final CRC32C crc = new CRC32C();

  ChecksumChannel(WritableByteChannel target) {
    this.target = target;
  }

  /** CRC-32C of what was written, as eight hexadecimal digits. */
  String crc32c() {
    return HexFormat.of().toHexDigits((int) crc.getValue());
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

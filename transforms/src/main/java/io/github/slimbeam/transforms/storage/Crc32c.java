// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/** The checksum of everything that passes between stages, as eight hexadecimal digits. */
public final class Crc32c {
  private final CRC32C sum = new CRC32C();

  /** Adds what remains in the buffer. */
  public void update(ByteBuffer bytes) {
    sum.update(bytes);
  }

  /** The checksum of what was added so far. */
  public String digits() {
    return HexFormat.of().toHexDigits((int) sum.getValue());
  }
}

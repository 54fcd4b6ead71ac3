// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Safetensors files by hand, right or wrong. */
final class HeaderBytes {
  private HeaderBytes() {}

  /** One entry of the header. */
  static String tensor(String name, String dtype, String shape, String offsets) {
    return String.format(
        "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s}", name, dtype, shape, offsets);
  }

  /** A file: the length it claims, the header, and so many zeros. */
  static byte[] bytes(long headerLength, String json, int dataBytes) {
    byte[] header = json.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(headerLength)
        .put(header)
        .array();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bytes that the Python package gguf 0.19 makes of the same weights. */
class GgufBlocksTest {

  @Test
  void q8RoundsAsGgmlDoes() {
    float[] weights = new float[32];
    float[] first = {127, 0.5f, -0.5f, 1.5f, -2.5f, -127, 0.49999997f};
    System.arraycopy(first, 0, weights, 0, first.length);
    assertThat(hex(GgufType.Q8_0, weights)).isEqualTo("003c7f01ff02fd81" + "00".repeat(26));
  }

  @Test
  void q8ScalesByTheLargest() {
    float[] weights = new float[32];
    for (int i = 0; i < 31; i++) {
      weights[i] = 0.5f * (i % 2 == 0 ? 1 : -1) * (i + 1) / 7;
    }
    weights[5] = 1.2827f;
    assertThat(hex(GgufType.Q8_0, weights))
        .isEqualTo("772404f80cf0144a1ddf25d72dcf35c73dbe46b64eae56a65e9e66956f8d77857f00");
  }

  @Test
  void nothingIsNothing() {
    assertThat(hex(GgufType.Q8_0, new float[32])).isEqualTo("00".repeat(34));
  }

  @ParameterizedTest
  @CsvSource({
    "F32, 1.0, 0000803f",
    "F16, 1.0, 003c",
    "F16, 65504, ff7b",
    "F16, 6.0e-8, 0100",
    "F16, -0.0, 0080",
    "BF16, 1.00390625, 803f",
    "BF16, 1.01171875, 823f",
    "BF16, -3.0e38, 62ff"
  })
  void oneByOne(GgufType type, float weight, String bytes) {
    assertThat(hex(type, weight)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "F32, NaN",
    "F32, Infinity",
    "F16, 65520",
    "F16, NaN",
    "BF16, 3.4e38",
    "BF16, NaN",
    "Q8_0, NaN",
    "Q8_0, -Infinity",
    "Q8_0, 9e6"
  })
  void whatATypeCannotHoldIsSaid(GgufType type, float weight) {
    float[] weights = new float[type.block()];
    weights[type.block() - 1] = weight;
    assertThat(GgufBlocks.put(type, weights, weights.length, room(type, weights))).isFalse();
  }

  private static String hex(GgufType type, float... weights) {
    ByteBuffer bytes = room(type, weights);
    assertThat(GgufBlocks.put(type, weights, weights.length, bytes)).isTrue();
    assertThat(bytes.hasRemaining()).isFalse();
    byte[] written = new byte[bytes.flip().remaining()];
    bytes.get(written);
    return HexFormat.of().formatHex(written);
  }

  private static ByteBuffer room(GgufType type, float... weights) {
    return ByteBuffer.allocate((int) type.bytes(weights.length)).order(ByteOrder.LITTLE_ENDIAN);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import io.github.slimbeam.transforms.checkpoint.HalfBits;
import java.nio.ByteBuffer;

/** Weights as a {@link GgufType} stores them, bit for bit as ggml does. */
public final class GgufBlocks {
  private static final int BYTES_PER_Q8_0 = 32;

  private GgufBlocks() {}

  /**
   * Writes weights into a little-endian buffer.
   *
   * @param count of them, whole blocks
   * @return whether all were finite and within what the type can hold
   */
  public static boolean put(GgufType type, float[] weights, int count, ByteBuffer bytes) {
    boolean fits = true;
    for (int i = 0; i < count; i += type.block()) {
      fits &=
          switch (type) {
            case F32 -> putF32(weights[i], bytes);
            case F16 -> putHalf(HalfBits.f16(weights[i]), weights[i], 0x7c00, bytes);
            case BF16 -> putHalf(HalfBits.bf16(weights[i]), weights[i], 0x7f80, bytes);
            case Q8_0 -> putQ8(weights, i, bytes);
          };
    }
    return fits;
  }

  private static boolean putF32(float weight, ByteBuffer bytes) {
    bytes.putFloat(weight);
    return Float.isFinite(weight);
  }

  /**
   * {@code infinity} are the bits of the exponent, all of them set where a number is not finite.
   */
  private static boolean putHalf(short bits, float weight, int infinity, ByteBuffer bytes) {
    bytes.putShort(bits);
    return Float.isFinite(weight) && (bits & infinity) != infinity;
  }

  private static boolean putQ8(float[] weights, int from, ByteBuffer bytes) {
    float largest = 0;
    boolean finite = true;
    for (int i = from; i < from + BYTES_PER_Q8_0; i++) {
      finite &= Float.isFinite(weights[i]);
      largest = Math.max(largest, Math.abs(weights[i]));
    }
    float scale = largest / 127;
    float inverse = scale == 0 ? 0 : 1 / scale;
    boolean fits = putHalf(HalfBits.f16(scale), scale, 0x7c00, bytes);
    for (int i = from; i < from + BYTES_PER_Q8_0; i++) {
      float scaled = weights[i] * inverse;
      int whole = (int) scaled;
      float rest = scaled - whole;
      // half goes away from zero, as C's roundf
      bytes.put((byte) (rest >= 0.5f ? whole + 1 : rest <= -0.5f ? whole - 1 : whole));
    }
    return fits && finite;
  }
}

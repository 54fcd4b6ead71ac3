// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

/** The 16-bit floating types in plain Java: rounded to nearest, ties to even. */
public final class HalfBits {
  private static final float SMALLEST = 0x1p-24f;

  private HalfBits() {}

  /** The bits of a number that is not NaN as BF16: the upper half of its float's, rounded. */
  public static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The number that BF16 bits stand for. */
  public static float ofBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /**
   * The bits of a number that is not NaN as F16: 5 bits of exponent from 2⁻¹⁴ on, 10 of fraction;
   * infinite from 65520 on.
   */
  public static short f16(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int size = bits & 0x7fffffff;
    if (size >= 0x477ff000) {
      return (short) (sign | 0x7c00);
    }
    if (size >= 0x38800000) {
      return (short) (sign | (size + 0xfff + (size >>> 13 & 1) - 0x38000000) >>> 13);
    }
    return (short) (sign | (int) Math.rint(Float.intBitsToFloat(size) / (double) SMALLEST));
  }

  /** The number that F16 bits stand for. */
  public static float ofF16(short bits) {
    int sign = (bits & 0x8000) << 16;
    int exponent = bits >>> 10 & 31;
    int fraction = bits & 1023;
    if (exponent == 0) {
      float size = fraction * SMALLEST;
      return sign == 0 ? size : -size;
    }
    int widened = exponent == 31 ? 255 : exponent + 112;
    return Float.intBitsToFloat(sign | widened << 23 | fraction << 13);
  }
}

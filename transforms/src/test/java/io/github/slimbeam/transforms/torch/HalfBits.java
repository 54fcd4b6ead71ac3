// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

/** The 16-bit floating types in plain Java: rounded to nearest, ties to even. */
public final class HalfBits {
  private HalfBits() {}

  /** The bits of a finite number as BF16: the upper half of its float's, rounded. */
  public static short bf16(float value) {
    int bits = Float.floatToRawIntBits(value);
    return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
  }

  /** The number that BF16 bits stand for. */
  public static float ofBf16(short bits) {
    return Float.intBitsToFloat(bits << 16);
  }

  /** The bits of a finite number as F16: 5 bits of exponent from 2⁻¹⁴ on, 10 of fraction. */
  public static short f16(float value) {
    int sign = Float.floatToRawIntBits(value) >>> 31 << 15;
    double size = Math.abs((double) value);
    int exponent = Math.max(Math.getExponent(size), -14);
    double rounded = Math.rint(Math.scalb(size, 10 - exponent));
    if (rounded == 2048) {
      rounded = 1024;
      exponent++;
    }
    if (exponent > 15) {
      return (short) (sign | 0x7c00);
    }
    int fraction = (int) rounded;
    int biased = fraction < 1024 ? fraction : (exponent + 15) << 10 | (fraction - 1024);
    return (short) (sign | biased);
  }

  /** The number that finite F16 bits stand for. */
  public static float ofF16(short bits) {
    int exponent = bits >>> 10 & 31;
    int fraction = bits & 1023;
    double size =
        exponent == 0 ? Math.scalb(fraction, -24) : Math.scalb(1024 + fraction, exponent - 25);
    return (float) (bits < 0 ? -size : size);
  }
}

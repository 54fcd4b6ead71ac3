// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import io.github.slimbeam.schemas.CalibrationDigest;
import io.github.slimbeam.schemas.CalibrationText;
import io.github.slimbeam.transforms.storage.Sha256;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A digest of calibration data that does not depend on its order: Σ SHA-256(text) mod 2²⁵⁶.
 *
 * <p>It answers "was it the same data", not "has nobody tampered with it": sums of digests can be
 * forged by those who try.
 */
public final class TextDigest {
  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(256);

  private TextDigest() {}

  /** The digest of no text at all. */
  public static CalibrationDigest none() {
    return new CalibrationDigest(0L, "0".repeat(64));
  }

  /** The digest of one text, or of one window of tokens. */
  public static CalibrationDigest of(CalibrationText text) {
    return new CalibrationDigest(
        1L,
        text.getText() != null
            ? sha256(text.getText(), text.getSource())
            : HexFormat.of().formatHex(Sha256.of(littleEndian(text.getTokens()))));
  }

  /** The digest of two sets of texts together; associative and commutative. */
  public static CalibrationDigest sum(CalibrationDigest a, CalibrationDigest b) {
    BigInteger sum =
        new BigInteger(a.getSha256Sum(), 16).add(new BigInteger(b.getSha256Sum(), 16)).mod(MODULUS);
    return new CalibrationDigest(
        a.getTexts() + b.getTexts(), String.format(Locale.ROOT, "%064x", sum));
  }

  /**
   * SHA-256 of the text's UTF-8 bytes, 64 hexadecimal digits.
   *
   * @param source names the text if it is not valid Unicode
   */
  public static String sha256(String text, String source) {
    return HexFormat.of().formatHex(Sha256.of(StrictUtf8.encode(text, source)));
  }

  private static byte[] littleEndian(List<Integer> tokens) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(4, tokens.size())).order(ByteOrder.LITTLE_ENDIAN);
    tokens.forEach(bytes::putInt);
    return bytes.array();
  }
}

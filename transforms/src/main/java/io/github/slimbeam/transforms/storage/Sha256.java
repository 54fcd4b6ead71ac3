// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256, which every Java has. */
public final class Sha256 {
  private Sha256() {}

  /** A digest to be fed. */
  public static MessageDigest start() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The 32 bytes of the digest of all parts, one behind the other. */
  public static byte[] of(byte[]... parts) {
    MessageDigest digest = start();
    for (byte[] part : parts) {
      digest.update(part);
    }
    return digest.digest();
  }
}

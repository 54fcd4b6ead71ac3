// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** What a clone without Git LFS has in the place of a large file. */
public final class LfsPointer {
  /** Bytes by which one is told; a pointer is longer. */
  public static final int PREFIX = 42;

  private static final byte[] BEGINNING =
      "version https://git-lfs.github.com/spec/v1".getBytes(StandardCharsets.US_ASCII);

  private LfsPointer() {}

  /**
   * Refuses a pointer.
   *
   * @param bytes the file, or its beginning
   */
  public static void refuse(byte[] bytes, String path) {
    BadInputException.check(
        bytes.length < PREFIX || !Arrays.equals(bytes, 0, PREFIX, BEGINNING, 0, PREFIX),
        "%s: a Git LFS pointer, not the file itself: run \"git lfs pull\" in the clone, or download the file",
        path);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import java.util.Optional;
import java.util.stream.Stream;

/**
 * A way to store a tensor: rows are cut into blocks of some weights, each of some bytes.
 *
 * <p>Q8_0 keeps 32 weights as one F16 scale d = max |w| / 127 and 32 signed bytes round(w / d).
 */
public enum GgufType {
  F32(0, 0, 1, 4),
  F16(1, 1, 1, 2),
  BF16(30, 32, 1, 2),
  Q8_0(8, 7, 32, 34);

  private final int code;
  private final int fileType;
  private final int block;
  private final int blockBytes;

  GgufType(int code, int fileType, int block, int blockBytes) {
    this.code = code;
    this.fileType = fileType;
    this.block = block;
    this.blockBytes = blockBytes;
  }

  /** Its number in a tensor's entry: {@code ggml_type}. */
  public int code() {
    return code;
  }

  /** The number of a file that keeps most weights in it: {@code general.file_type}. */
  public int fileType() {
    return fileType;
  }

  /** Weights that share a block; rows must be whole blocks. */
  public int block() {
    return block;
  }

  /** Bytes of so many weights, a multiple of {@link #block}. */
  public long bytes(long weights) {
    if (weights % block != 0) {
      throw new IllegalArgumentException(weights + " weights in blocks of " + block);
    }
    return Math.multiplyExact(weights / block, blockBytes);
  }

  static Optional<GgufType> of(int code) {
    return Stream.of(values()).filter(type -> type.code == code).findFirst();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import io.github.slimbeam.schemas.DType;
import java.util.List;

/**
 * One tensor of a safetensors file.
 *
 * @param name its name
 * @param dtype element type
 * @param shape dimensions, outermost first
 * @param begin first byte, counted from the end of the header
 * @param end one past the last byte
 */
public record TensorEntry(String name, DType dtype, List<Long> shape, long begin, long end) {
  public TensorEntry {
    shape = List.copyOf(shape);
  }

  /** How many elements the shape makes. */
  public long elements() {
    return shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
  }

  /** Bytes that one element of this type takes in a file. */
  public static int width(DType dtype) {
    return switch (dtype) {
      case F64, I64 -> 8;
      case F32, I32 -> 4;
      case F16, BF16 -> 2;
    };
  }
}

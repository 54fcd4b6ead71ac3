// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.export;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.HalfBits;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.gguf.GgufBlocks;
import io.github.slimbeam.transforms.gguf.GgufType;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/**
 * Rows of a checkpoint's tensor on their way into another file: w becomes factor · w + offset. A
 * vector counts as rows of one number.
 *
 * <p><em>Cost</em>: memory of some 4 million numbers, or of as many rows as stand in {@code order}.
 *
 * @param tensor of the checkpoint
 * @param begin its first row
 * @param count of rows
 * @param order in which each so many rows are to stand; empty as they are
 */
record WeightRows(
    String tensor, int begin, int count, List<Integer> order, double factor, double offset) {
  private static final int CHUNK = 4 << 20;

  /**
   * Writes the rows.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException naming the tensor, if a number
   *     is not finite or too large for the type
   */
  void writeTo(WritableByteChannel channel, Checkpoint checkpoint, GgufType type)
      throws IOException {
    try (SafetensorsFile file = checkpoint.open(tensor)) {
      TensorEntry entry = file.entry(tensor);
      int columns = entry.shape().size() == 1 ? 1 : Math.toIntExact(entry.shape().get(1));
      int together = Math.max(1, order.size());
      // whole blocks even where rows are single numbers
      int step = Math.max(1, CHUNK / columns / together / type.block() * type.block()) * together;
      for (int row = 0; row < count; row += step) {
        int rows = Math.min(step, count - row);
        float[] weights = read(file, entry, begin + row, rows, columns);
        ByteBuffer bytes =
            ByteBuffer.allocate(Math.toIntExact(type.bytes(weights.length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        check(
            GgufBlocks.put(type, weights, weights.length, bytes),
            "%s: tensor %s has numbers that are not finite, or too large for %s: if the checkpoint is not damaged,"
                + " choose another ⟨dtype⟩",
            file.path(),
            tensor,
            type);
        Storage.writeFully(channel, bytes.flip());
      }
    }
  }

  private float[] read(SafetensorsFile file, TensorEntry entry, int first, int rows, int columns)
      throws IOException {
    int width = TensorEntry.width(entry.dtype());
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(Math.multiplyExact(rows, columns), width))
            .order(ByteOrder.LITTLE_ENDIAN);
    file.read(entry, (long) first * columns * width, bytes);
    bytes.flip();
    boolean isAsItIs = factor == 1 && offset == 0;
    float[] weights = new float[rows * columns];
    for (int row = 0; row < rows; row++) {
      int source = order.isEmpty() ? row : row - row % order.size() + order.get(row % order.size());
      for (int column = 0; column < columns; column++) {
        float weight = number(bytes, source * columns + column, entry.dtype());
        weights[row * columns + column] = isAsItIs ? weight : (float) (factor * weight + offset);
      }
    }
    return weights;
  }

  private static float number(ByteBuffer bytes, int index, DType dtype) {
    return switch (dtype) {
      case F32 -> bytes.getFloat(4 * index);
      case F16 -> HalfBits.ofF16(bytes.getShort(2 * index));
      case BF16 -> HalfBits.ofBf16(bytes.getShort(2 * index));
      case F64, I64, I32 -> throw new IllegalArgumentException("weights of " + dtype);
    };
  }
}

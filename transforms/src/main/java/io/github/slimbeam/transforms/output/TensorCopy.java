// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import org.jspecify.annotations.Nullable;

/** Copies tensors from file to file in chunks, whatever their size. */
final class TensorCopy {
  /** In place of the number of a row: a row of zeros. */
  static final int ZEROS = -1;

  private static final int CHUNK = 16 << 20;

  private TensorCopy() {}

  /** Copies a tensor of the work directory, and checks its bytes. */
  static void checked(Storage storage, TensorReference reference, WritableByteChannel channel)
      throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(storage, reference.getPath())) {
      TensorEntry entry = file.entry(reference.getName());
      ChecksumChannel sum = new ChecksumChannel(channel);
      copy(file, entry, 0, entry.end() - entry.begin(), sum);
      check(
          sum.crc32c().equals(reference.getChecksum()),
          "%s: tensor %s has checksum %s, expected %s: the file was damaged; begin anew with ⟨restart⟩",
          reference.getPath(),
          reference.getName(),
          sum.crc32c(),
          reference.getChecksum());
    }
  }

  /**
   * Copies the given rows, or all where {@code rows} is null; neighbours go in one read, and {@link
   * #ZEROS} are written.
   */
  static void rows(
      Checkpoint checkpoint, TensorEntry entry, int @Nullable [] rows, WritableByteChannel channel)
      throws IOException {
    try (SafetensorsFile file = checkpoint.open(entry.name())) {
      long bytes = entry.end() - entry.begin();
      if (rows == null) {
        copy(file, entry, 0, bytes, channel);
        return;
      }
      long rowBytes = bytes / entry.shape().get(0);
      for (int i = 0; i < rows.length; ) {
        boolean zeros = rows[i] == ZEROS;
        int next = i + 1;
        while (next < rows.length && rows[next] == (zeros ? ZEROS : rows[next - 1] + 1)) {
          next++;
        }
        if (zeros) {
          PaddedRows.zeros(channel, (next - i) * rowBytes);
        } else {
          copy(file, entry, rows[i] * rowBytes, (next - i) * rowBytes, channel);
        }
        i = next;
      }
    }
  }

  private static void copy(
      SafetensorsFile file, TensorEntry entry, long offset, long bytes, WritableByteChannel channel)
      throws IOException {
    ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, bytes));
    for (long at = 0; at < bytes; at += chunk.capacity()) {
      chunk.clear().limit((int) Math.min(chunk.capacity(), bytes - at));
      file.read(entry, offset + at, chunk);
      Storage.writeFully(channel, chunk.flip());
    }
  }
}

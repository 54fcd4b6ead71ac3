// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import io.github.slimbeam.transforms.checkpoint.Checkpoint;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whether a head that is stored beside a configuration that ties it is the embedding once more, or
 * weights of its own, which transformers computes with whatever the configuration says.
 *
 * <p><em>Cost</em>: the first {@value #CHUNK} bytes of both at every call; all of them once a JVM,
 * where those are the same.
 */
final class TiedHead {
  private static final int CHUNK = 1 << 20;
  private static final Map<String, Boolean> KNOWN = new ConcurrentHashMap<>();

  private TiedHead() {}

  /** Whether {@code head}, which the checkpoint has, holds the bytes of {@code embedding}. */
  static boolean isEmbedding(Checkpoint checkpoint, String head, String embedding)
      throws IOException {
    TensorEntry one = checkpoint.tensor(head);
    TensorEntry other = checkpoint.tensors().get(embedding);
    if (other == null || one.dtype() != other.dtype() || !one.shape().equals(other.shape())) {
      return false;
    }
    try (SafetensorsFile first = checkpoint.open(head);
        SafetensorsFile second = checkpoint.open(embedding)) {
      ByteBuffer beginning = read(first, one, 0);
      if (!beginning.equals(read(second, other, 0))) {
        return false;
      }
      String key = first.path() + " " + one + " " + other + " " + beginning.hashCode();
      Boolean known = KNOWN.get(key);
      if (known == null) {
        known = same(first, one, second, other);
        KNOWN.put(key, known);
      }
      return known;
    }
  }

  private static boolean same(
      SafetensorsFile first, TensorEntry one, SafetensorsFile second, TensorEntry other)
      throws IOException {
    for (long at = CHUNK; at < one.end() - one.begin(); at += CHUNK) {
      if (!read(first, one, at).equals(read(second, other, at))) {
        return false;
      }
    }
    return true;
  }

  private static ByteBuffer read(SafetensorsFile file, TensorEntry entry, long at)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(CHUNK, entry.end() - entry.begin() - at));
    file.read(entry, at, bytes);
    return bytes.flip();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Crc32c;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Tensors from and to safetensors files, in chunks, so that no tensor's size is bounded by a Java
 * buffer's. Floating types are read as F32 or F64 and rounded (to nearest even) when written.
 */
public final class TensorBytes {
  private static final TorchProgram PROGRAM = TorchProgram.of(TensorBytes.class);
  private static final int CHUNK_ELEMENTS = 4 << 20;

  /**
   * What a thread reads into, 32 MB at most. Memory outside the heap that is taken anew for each
   * tensor is given back only when the heap is cleared, which a large heap puts off by gigabytes.
   */
  private static final ThreadLocal<ByteBuffer> CHUNK =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(0));

  private TensorBytes() {}

  /** Reads a tensor as F32, or as F64 where the file has F64. */
  public static NDArray load(TorchScope scope, SafetensorsFile file, String name)
      throws IOException {
    return load(scope, file, name, bytes -> {});
  }

  private static NDArray load(TorchScope scope, SafetensorsFile file, String name, Sink seen)
      throws IOException {
    TensorEntry entry = file.entry(name);
    NDArray target =
        scope.room(entry.dtype() == DType.F64 ? DataType.FLOAT64 : DataType.FLOAT32, shape(entry));
    int width = TensorEntry.width(entry.dtype());
    long elements = entry.elements();
    ByteBuffer bytes = chunk(Math.min(elements, CHUNK_ELEMENTS) * width);
    for (long at = 0; at < elements; at += CHUNK_ELEMENTS) {
      int count = (int) Math.min(CHUNK_ELEMENTS, elements - at);
      bytes.clear().limit(count * width);
      file.read(entry, at * width, bytes);
      seen.accept(bytes.duplicate().flip());
      try (TorchScope chunkScope = scope.nested()) {
        NDArray chunk =
            chunkScope.manager().create(bytes.flip(), new Shape(count), carrier(entry.dtype()));
        PROGRAM.call(chunkScope, "fill", target, at, chunk, entry.dtype() == DType.BF16);
      }
    }
    return target;
  }

  /** Reads a referenced tensor and checks that it is the one that was written. */
  public static NDArray load(TorchScope scope, Storage storage, TensorReference reference)
      throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(storage, reference.getPath())) {
      BadInputException.check(
          file.entry(reference.getName()).shape().equals(reference.getShape()),
          "%s: tensor %s has shape %s, expected %s",
          reference.getPath(),
          reference.getName(),
          file.entry(reference.getName()).shape(),
          reference.getShape());
      BadInputException.check(
          file.entry(reference.getName()).dtype() == reference.getDtype(),
          "%s: tensor %s is %s, expected %s",
          reference.getPath(),
          reference.getName(),
          file.entry(reference.getName()).dtype(),
          reference.getDtype());
      Crc32c crc = new Crc32c();
      NDArray tensor = load(scope, file, reference.getName(), crc::update);
      String checksum = crc.digits();
      BadInputException.check(
          checksum.equals(reference.getChecksum()),
          "%s: tensor %s has checksum %s, expected %s: the file is damaged",
          reference.getPath(),
          reference.getName(),
          checksum,
          reference.getChecksum());
      return tensor;
    }
  }

  /**
   * As {@link #load(TorchScope, SafetensorsFile, String)}, but a NaN or an infinity is an error
   * that names the tensor.
   */
  public static NDArray loadFinite(TorchScope scope, SafetensorsFile file, String name)
      throws IOException {
    NDArray tensor = load(scope, file, name);
    BadInputException.check(
        isFinite(tensor),
        "%s: tensor %s contains NaN or infinite values: the checkpoint is damaged",
        file.path(),
        name);
    return tensor;
  }

  /** Whether no element is NaN or infinite. */
  public static boolean isFinite(NDArray tensor) {
    if (tensor.size() == 0) {
      return true;
    }
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM.call(scope, "finite", tensor).getFloat() != 0;
    }
  }

  /** The tensor rounded to a file type, in its own type. */
  public static NDArray rounded(TorchScope scope, NDArray tensor, DType dtype) {
    return PROGRAM.call(scope, "rounded", tensor, dtype.name());
  }

  /** A tensor to be written, rounded to {@code dtype}; it must live until the file is written. */
  public static SafetensorsWriter.Source source(String name, NDArray tensor, DType dtype) {
    return new SafetensorsWriter.Source(
        name,
        dtype,
        Arrays.stream(tensor.getShape().getShape()).boxed().toList(),
        channel -> forEachChunk(tensor, dtype, bytes -> Storage.writeFully(channel, bytes)));
  }

  /** CRC-32C of the bytes that {@link #source} would write, as eight hexadecimal digits. */
  public static String checksum(NDArray tensor, DType dtype) throws IOException {
    Crc32c crc = new Crc32c();
    forEachChunk(tensor, dtype, crc::update);
    return crc.digits();
  }

  @FunctionalInterface
  private interface Sink {
    void accept(ByteBuffer bytes) throws IOException;
  }

  private static void forEachChunk(NDArray tensor, DType dtype, Sink sink) throws IOException {
    long elements = tensor.size();
    for (long at = 0; at < elements; at += CHUNK_ELEMENTS) {
      try (TorchScope scope = TorchScope.open()) {
        long count = Math.min(CHUNK_ELEMENTS, elements - at);
        sink.accept(
            PROGRAM.call(scope, "take", tensor, at, count, dtype.name()).toByteBuffer(true));
      }
    }
  }

  /** The thread's chunk, with room for so many bytes. */
  private static ByteBuffer chunk(long bytes) {
    if (CHUNK.get().capacity() < bytes) {
      CHUNK.set(ByteBuffer.allocateDirect(Math.toIntExact(bytes)).order(ByteOrder.LITTLE_ENDIAN));
    }
    return CHUNK.get();
  }

  private static long[] shape(TensorEntry entry) {
    return entry.shape().stream().mapToLong(Long::longValue).toArray();
  }

  private static DataType carrier(DType dtype) {
    return switch (dtype) {
      case F64 -> DataType.FLOAT64;
      case F32 -> DataType.FLOAT32;
      case F16, BF16 -> DataType.FLOAT16;
      case I64 -> DataType.INT64;
      case I32 -> DataType.INT32;
    };
  }
}

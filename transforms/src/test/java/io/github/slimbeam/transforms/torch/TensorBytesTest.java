// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.HalfBits;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bytes against {@link HalfBits} and Java's own floats. */
class TensorBytesTest {
  private static final Storage STORAGE = new FileSystemsStorage();

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(names = {"F64", "F32", "F16", "BF16"})
  void everyFiniteBitPatternSurvives(DType dtype) throws IOException {
    byte[] bytes = finitePatterns(dtype);
    try (TorchScope scope = TorchScope.open();
        SafetensorsFile file = file(dtype, bytes)) {
      NDArray tensor = TensorBytes.loadFinite(scope, file, "t");
      assertThat(tensor.getDataType())
          .isEqualTo(dtype == DType.F64 ? DataType.FLOAT64 : DataType.FLOAT32);
      assertThat(written(tensor, dtype)).isEqualTo(bytes);
      CRC32C crc = new CRC32C();
      crc.update(bytes);
      assertThat(TensorBytes.checksum(tensor, dtype))
          .isEqualTo(HexFormat.of().toHexDigits((int) crc.getValue()));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void halfPrecisionIsReadAsTheNumberItStandsFor(DType dtype) throws IOException {
    byte[] bytes = finitePatterns(dtype);
    try (TorchScope scope = TorchScope.open();
        SafetensorsFile file = file(dtype, bytes)) {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
      float[] values = TensorBytes.load(scope, file, "t").toFloatArray();
      for (int i = 0; i < values.length; i++) {
        short bits = buffer.getShort(2 * i);
        assertThat(values[i])
            .isEqualTo(dtype == DType.F16 ? HalfBits.ofF16(bits) : HalfBits.ofBf16(bits));
      }
    }
  }

  @Test
  void aTensorLargerThanAChunkIsReadAndWrittenWhole() throws IOException {
    int elements = (2 << 22) + 12_345;
    ByteBuffer bytes = ByteBuffer.allocate(2 * elements).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < elements; i++) {
      bytes.putShort((short) (i % 30_000));
    }
    try (TorchScope scope = TorchScope.open();
        SafetensorsFile file = file(DType.F16, bytes.array())) {
      NDArray tensor = TensorBytes.load(scope, file, "t");
      assertThat(written(tensor, DType.F16)).isEqualTo(bytes.array());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"I32", "I64"})
  void wholeNumbersAreReadAsFloats(DType dtype) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(2 * TensorEntry.width(dtype)).order(ByteOrder.LITTLE_ENDIAN);
    if (dtype == DType.I32) {
      bytes.putInt(-5).putInt(1023);
    } else {
      bytes.putLong(-5).putLong(1023);
    }
    try (TorchScope scope = TorchScope.open();
        SafetensorsFile file = file(dtype, bytes.array())) {
      assertThat(TensorBytes.load(scope, file, "t").toFloatArray()).containsExactly(-5, 1023);
    }
  }

  @Test
  void aNanOrAnInfinityIsNamed() throws IOException {
    for (float bad : List.of(Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)) {
      ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
      try (TorchScope scope = TorchScope.open();
          SafetensorsFile file = file(DType.F32, bytes.putFloat(1).putFloat(bad).array())) {
        assertThat(TensorBytes.isFinite(TensorBytes.load(scope, file, "t"))).isFalse();
        assertThatThrownBy(() -> TensorBytes.loadFinite(scope, file, "t"))
            .isInstanceOf(BadInputException.class)
            .hasMessage(
                file.path()
                    + ": tensor t contains NaN or infinite values: the checkpoint is damaged");
      }
    }
  }

  @Test
  void aReferenceFindsWhatWasWrittenAndNothingElse() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      NDArray tensor = scope.manager().create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(2, 3));
      String path = directory.resolve("r").toString();
      SafetensorsWriter.Source source = TensorBytes.source("t", tensor, DType.BF16);
      STORAGE.write(path, c -> SafetensorsWriter.write(c, Map.of(), List.of(source)));
      String checksum = TensorBytes.checksum(tensor, DType.BF16);
      TensorReference reference =
          new TensorReference(path, "t", DType.BF16, List.of(2L, 3L), checksum);
      assertThat(TensorBytes.load(scope, STORAGE, reference).toFloatArray())
          .containsExactly(1, 2, 3, 4, 5, 6);
      TensorReference turned =
          new TensorReference(path, "t", DType.BF16, List.of(3L, 2L), checksum);
      assertThatThrownBy(() -> TensorBytes.load(scope, STORAGE, turned))
          .isInstanceOf(BadInputException.class)
          .hasMessage(path + ": tensor t has shape [2, 3], expected [3, 2]");
      byte[] bytes = Files.readAllBytes(Path.of(path));
      bytes[bytes.length - 2] ^= 1;
      Files.write(Path.of(path), bytes);
      assertThatThrownBy(() -> TensorBytes.load(scope, STORAGE, reference))
          .isInstanceOf(BadInputException.class)
          .hasMessageMatching(
              path
                  + ": tensor t has checksum [0-9a-f]{8}, expected "
                  + checksum
                  + ": the file is damaged");
    }
  }

  /** Every finite pattern of two bytes, or many random ones of more. */
  private static byte[] finitePatterns(DType dtype) {
    Random random = new Random(5);
    int width = TensorEntry.width(dtype);
    ByteBuffer bytes = ByteBuffer.allocate(65_536 * width).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < 65_536; i++) {
      switch (dtype) {
        case F16 -> bytes.putShort((short) ((i >> 10 & 31) == 31 ? 0 : i));
        case BF16 -> bytes.putShort((short) ((i >> 7 & 255) == 255 ? 0 : i));
        case F32 -> bytes.putFloat((float) random.nextGaussian() * Float.MIN_NORMAL * i);
        default -> bytes.putDouble(random.nextGaussian() * Math.scalb(1.0, i % 2000 - 1000));
      }
    }
    return bytes.array();
  }

  private SafetensorsFile file(DType dtype, byte[] bytes) throws IOException {
    String path = Files.createTempFile(directory, "t", ".safetensors").toString();
    long elements = bytes.length / TensorEntry.width(dtype);
    SafetensorsWriter.Source source =
        new SafetensorsWriter.Source(
            "t",
            dtype,
            List.of(elements),
            channel -> Storage.writeFully(channel, ByteBuffer.wrap(bytes)));
    STORAGE.write(path, channel -> SafetensorsWriter.write(channel, Map.of(), List.of(source)));
    return SafetensorsFile.open(STORAGE, path);
  }

  static byte[] written(NDArray tensor, DType dtype) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TensorBytes.source("t", tensor, dtype).content().writeTo(Channels.newChannel(bytes));
    return bytes.toByteArray();
  }
}

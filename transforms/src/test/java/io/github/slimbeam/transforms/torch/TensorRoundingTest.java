// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static io.github.slimbeam.transforms.torch.TensorBytesTest.written;
import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.checkpoint.HalfBits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Rounding to the types of files, against {@link HalfBits}. */
class TensorRoundingTest {

  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void roundingIsToNearestTiesToEven(DType dtype) throws IOException {
    Random random = new Random(3);
    float[] values = new float[20_000];
    for (int i = 0; i < values.length; i++) {
      float scale = (float) Math.scalb(1.0, random.nextInt(28) - 15);
      values[i] = (float) random.nextGaussian() * scale;
      if (i % 4 == 0) { // Exactly between two neighbours, for both types.
        int half = dtype == DType.F16 ? 0x1000 : 0x8000;
        values[i] = Float.intBitsToFloat((Float.floatToIntBits(values[i]) & (-2 * half)) | half);
      }
    }
    try (TorchScope scope = TorchScope.open()) {
      NDArray tensor = scope.manager().create(values);
      ByteBuffer bytes = ByteBuffer.wrap(written(tensor, dtype)).order(ByteOrder.LITTLE_ENDIAN);
      float[] rounded = TensorBytes.rounded(scope, tensor, dtype).toFloatArray();
      for (int i = 0; i < values.length; i++) {
        short bits = dtype == DType.F16 ? HalfBits.f16(values[i]) : HalfBits.bf16(values[i]);
        assertThat(bytes.getShort(2 * i)).as("%s", values[i]).isEqualTo(bits);
        assertThat(rounded[i])
            .isEqualTo(dtype == DType.F16 ? HalfBits.ofF16(bits) : HalfBits.ofBf16(bits));
      }
    }
  }

  @Test
  void doublesAreRoundedOnceAndKeepTheirTypeInMemory() throws IOException {
    // Just above the tie: rounding to F32 first would make it a tie, and go down to even.
    double[] values = {1 + Math.scalb(1, -8) + Math.scalb(1, -40)};
    try (TorchScope scope = TorchScope.open()) {
      NDArray tensor = scope.float64(values, 1);
      NDArray rounded = TensorBytes.rounded(scope, tensor, DType.F32);
      assertThat(rounded.getDataType()).isEqualTo(DataType.FLOAT64);
      assertThat(rounded.toDoubleArray()).containsExactly((double) (float) values[0]);
      assertThat(written(tensor, DType.F64))
          .isEqualTo(
              ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putDouble(values[0]).array());
      NDArray written = TensorBytes.rounded(scope, tensor, DType.BF16);
      short bits =
          ByteBuffer.wrap(written(tensor, DType.BF16)).order(ByteOrder.LITTLE_ENDIAN).getShort();
      assertThat((double) HalfBits.ofBf16(bits)).isEqualTo(written.getDouble());
    }
  }
}

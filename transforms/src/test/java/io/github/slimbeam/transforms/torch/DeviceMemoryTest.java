// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceMemoryTest {
  private static final TorchProgram PROGRAM = TorchProgram.of(TorchProgramTest.class);

  @Test
  void theEnginesOwnShortageIsKnown() {
    EngineException failure = catchThrowableOfType(EngineException.class, MemoryShortage::meet);
    assertThat(failure).hasMessageContaining("DefaultCPUAllocator: can't allocate memory");
    assertThat(DeviceMemory.ranOut(failure)).isTrue();
  }

  @Test
  void whatCudaAndItsLibrariesSayIsKnown() {
    for (String words :
        List.of(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB",
            "The following operation failed in the TorchScript interpreter.\nTraceback of TorchScript:\n"
                + "RuntimeError: CUDA out of memory. Tried to allocate 20.00 MiB",
            "CUDA error: out of memory",
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
            "cusolver error: CUSOLVER_STATUS_ALLOC_FAILED, when calling `cusolverDnCreate(handle)`")) {
      assertThat(DeviceMemory.ranOut(new EngineException(words))).as(words).isTrue();
    }
    assertThat(
            DeviceMemory.ranOut(
                new EngineException("failed", new IllegalStateException("CUDA out of memory."))))
        .isTrue();
  }

  @Test
  void otherFailuresAreNotTakenForIt() {
    try (TorchScope scope = TorchScope.open()) {
      NDArray a = scope.zeros(DataType.FLOAT64, 2, 3);
      EngineException shapes =
          catchThrowableOfType(EngineException.class, () -> PROGRAM.call(scope, "product", a, a));
      assertThat(DeviceMemory.ranOut(shapes)).isFalse();
      assertThatThrownBy(
              () -> DeviceMemory.need(() -> "memory", () -> PROGRAM.call(scope, "product", a, a)))
          .isInstanceOf(EngineException.class)
          .hasMessage(shapes.getMessage());
    }
    assertThat(DeviceMemory.ranOut(new EngineException("no message", null))).isFalse();
    assertThat(DeviceMemory.ranOut(new EngineException((String) null))).isFalse();
  }

  @Test
  void workThatCannotBeSmallerFailsWithItsDescriptionAndTheDevice() {
    assertThat(DeviceMemory.<Integer, RuntimeException>need(() -> "never asked", () -> 7))
        .isEqualTo(7);
    assertThatThrownBy(
            () ->
                DeviceMemory.need(
                    () -> "layer 3 FFN does not fit: choose another device", MemoryShortage::meet))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("layer 3 FFN does not fit: choose another device (cpu: ")
        .hasMessageContaining("can't allocate memory: you tried to allocate 9007199254740992 bytes")
        .hasRootCauseInstanceOf(EngineException.class);
  }

  @Test
  void onTheCpuNothingIsKept() {
    TorchDevice.use("cpu");
    DeviceMemory.giveBack();
  }
}

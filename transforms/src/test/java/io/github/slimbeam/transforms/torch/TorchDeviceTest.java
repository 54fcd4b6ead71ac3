// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The choice on machines with so many CUDA devices as each test says; on this JVM's own, the CPU.
 */
class TorchDeviceTest {

  @Test
  void autoIsTheFirstCudaDeviceAndElseTheCpu() {
    assertThat(chosen(0, "auto")).isEqualTo(Device.cpu());
    assertThat(chosen(1, "auto")).isEqualTo(Device.gpu(0));
    assertThat(chosen(4, "auto")).isEqualTo(Device.gpu(0));
    assertThat(new TorchDevice(() -> 2).device()).as("nobody asked").isEqualTo(Device.gpu(0));
  }

  @Test
  void aDeviceIsTakenByName() {
    assertThat(chosen(4, "cpu")).isEqualTo(Device.cpu());
    assertThat(chosen(4, "cuda:0")).isEqualTo(Device.gpu(0));
    assertThat(chosen(4, "cuda:3")).isEqualTo(Device.gpu(3));
    assertThat(TorchDevice.name(Device.gpu(3))).isEqualTo("cuda:3");
    assertThat(TorchDevice.name(Device.cpu())).isEqualTo("cpu");
  }

  @Test
  void theCpuIsTakenWithoutAskingForCuda() {
    TorchDevice device =
        new TorchDevice(
            () -> {
              throw new AssertionError("asked");
            });
    device.select("cpu");
    assertThat(device.device()).isEqualTo(Device.cpu());
  }

  @Test
  void aNumberBeyondTheDevicesSaysWhichThereAre() {
    assertThatThrownBy(() -> chosen(1, "cuda:3"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "device=cuda:3: the engine sees 1 CUDA device on this worker: expected cuda:0, or device=auto");
    assertThatThrownBy(() -> chosen(3, "cuda:3"))
        .hasMessage(
            "device=cuda:3: the engine sees 3 CUDA devices on this worker: expected cuda:0 to cuda:2");
  }

  @Test
  void cudaWithoutADeviceSaysWhatIsMissing() {
    assertThatThrownBy(() -> chosen(0, "cuda:0"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "device=cuda:0: the engine sees no CUDA device on this worker: expected a driver, a GPU that the"
                + " process may use, and libtorch for CUDA in place of the one for the CPU; or choose"
                + " device=cpu");
  }

  @Test
  void otherNamesAreRefused() {
    for (String name :
        List.of("gpu", "cuda", "cuda:", "cuda:-1", "cuda:01", "cuda:99999", "CPU", "cpu:0", "")) {
      assertThatThrownBy(() -> TorchDevice.check(name))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "device=%s: expected auto, cpu or cuda:N (cuda:0 is the first CUDA device)", name);
      assertThatThrownBy(() -> chosen(8, name)).isInstanceOf(BadInputException.class);
    }
    TorchDevice.check("auto");
    TorchDevice.check("cpu");
    TorchDevice.check("cuda:12");
  }

  @Test
  void anotherDeviceIsForWhenNothingIsInUse() {
    TorchDevice device = new TorchDevice(() -> 2);
    assertThat(device.enter("cpu")).isEqualTo(Device.cpu());
    device.enter("cpu");
    assertThatThrownBy(() -> device.enter("cuda:1"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "device=cuda:1: this worker's JVM computes on cpu now, in 2 scopes of another job: wait until"
                + " that job has ended, give both the same device, or give each its own workers");
    device.leave();
    assertThatThrownBy(() -> device.select("cuda:1")).isInstanceOf(BadInputException.class);
    assertThat(device.device()).as("a refusal changes nothing").isEqualTo(Device.cpu());
    device.leave();
    device.select("cuda:1");
    assertThat(device.enter()).isEqualTo(Device.gpu(1));
  }

  @Test
  void theSameDeviceUnderAnotherNameIsTheSame() {
    TorchDevice device = new TorchDevice(() -> 2);
    device.enter("auto");
    assertThat(device.enter("cuda:0")).isEqualTo(Device.gpu(0));
    device.select("auto");
    assertThatThrownBy(() -> device.select("cpu")).isInstanceOf(BadInputException.class);
  }

  @Test
  void jobsAtTheSameTimeNeverSeeEachOthersDevice() throws Exception {
    TorchDevice device = new TorchDevice(() -> 2);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Integer>> turns =
          IntStream.range(0, 4)
              .mapToObj(
                  thread -> threads.submit(() -> turns(device, thread % 2 == 0 ? "cpu" : "cuda:1")))
              .toList();
      int taken = 0;
      for (Future<Integer> turn : turns) {
        taken += turn.get();
      }
      assertThat(taken).isPositive();
    } finally {
      threads.shutdownNow();
    }
    device.select("cuda:0");
    assertThat(device.device()).as("everybody has left").isEqualTo(Device.gpu(0));
  }

  @Test
  void scopesAreOpenedOnTheDeviceAndHoldItOnce() {
    TorchDevice.use("cpu");
    TorchDevice.use("auto");
    try (TorchScope scope = TorchScope.open("cpu")) {
      assertThat(scope.device()).isEqualTo(Device.cpu());
      assertThat(scope.nested().zeros(DataType.FLOAT32, 2).getDevice()).isEqualTo(Device.cpu());
      assertThatThrownBy(() -> TorchScope.open("cuda:77")).isInstanceOf(BadInputException.class);
      scope.close();
      scope.close();
    }
    assertThat(TorchDevice.current()).isEqualTo("cpu");
    assertThat(TorchDevice.engineVersion()).startsWith("2.");
  }

  private static int turns(TorchDevice device, String name) {
    int taken = 0;
    for (int i = 0; i < 5000; i++) {
      try {
        Device entered = device.enter(name);
        assertThat(TorchDevice.name(entered)).isEqualTo(name);
        assertThat(TorchDevice.name(device.device())).isEqualTo(name);
        device.leave();
        taken++;
      } catch (BadInputException busy) {
        assertThat(busy).hasMessageContaining("wait until that job has ended");
      }
    }
    return taken;
  }

  private static Device chosen(int cudaDevices, String name) {
    TorchDevice device = new TorchDevice(() -> cudaDevices);
    device.select(name);
    return device.device();
  }
}

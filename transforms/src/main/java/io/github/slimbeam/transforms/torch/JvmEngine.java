// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.jni.JniUtils;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * libtorch, loaded at the first use in a JVM. Nothing is ever downloaded unless {@code
 * ai.djl.offline} is set to false.
 *
 * <p>Threads per operation are read then from {@code ai.djl.pytorch.num_threads}. Unless it is set,
 * the cores that this JVM may use are shared out among {@code slimbeam.slots} workers, and where
 * that is not set either, each gets one: workers bring the parallelism, and more threads than cores
 * were measured to be 2 to 50 times slower than one each. libtorch's own default is every core of
 * the machine for every worker, also in a container that may use few of them.
 */
final class JvmEngine {
  private static final Engine ENGINE = start();
  private static final Map<Device, NDManager> BASES = new ConcurrentHashMap<>();

  private JvmEngine() {}

  /** What every scope on a device is made from; never closed, and empty itself. */
  static NDManager base(Device device) {
    return BASES.computeIfAbsent(device, ENGINE::newBaseManager);
  }

  /** CUDA devices that this libtorch and this machine have in common. */
  static int cudaDevices() {
    return Math.max(0, ENGINE.getGpuCount());
  }

  /** Gives back to the device what is kept for later of what was freed; a CPU keeps nothing. */
  static void giveBack(Device device) {
    if (device.isGpu()) {
      JniUtils.emptyCudaCache();
    }
  }

  static String version() {
    return ENGINE.getVersion();
  }

  private static Engine start() {
    setUnlessGiven("ai.djl.offline", "true");
    int cores = Runtime.getRuntime().availableProcessors();
    setUnlessGiven("ai.djl.pytorch.num_threads", String.valueOf(threads(cores, "slimbeam.slots")));
    return Engine.getEngine("PyTorch");
  }

  /** A worker's part of the cores, one at least. */
  static int threads(int cores, String slotsProperty) {
    int slots = Integer.getInteger(slotsProperty, cores);
    return Math.max(1, cores / Math.max(1, slots));
  }

  private static void setUnlessGiven(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}

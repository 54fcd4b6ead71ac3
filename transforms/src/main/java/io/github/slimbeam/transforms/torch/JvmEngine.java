package io.github.slimbeam.transforms.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * libtorch, loaded at the first use in a JVM. Nothing is ever downloaded unless {@code
 * ai.djl.offline} is set to false.
 *
 * <p>Threads per operation are read then from {@code ai.djl.pytorch.num_threads}, and are 1 unless
 * it is set: workers bring the parallelism, and threads of several workers on the same cores wait
 * for each other, which was measured to cost 2 to 50 times what a second thread can gain.
 * libtorch's own default is all cores of the machine, also where a container may use few of them. A
 * worker that has n cores to itself should set n.
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

  static String version() {
    return ENGINE.getVersion();
  }

  private static Engine start() {
    setUnlessGiven("ai.djl.offline", "true");
    setUnlessGiven("ai.djl.pytorch.num_threads", "1");
    return Engine.getEngine("PyTorch");
  }

  private static void setUnlessGiven(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }
}

package io.github.slimbeam.transforms.torch;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;

/**
 * Native memory with an end: every tensor made in a scope, or returned by a program called with it,
 * is freed when the scope closes. Open one for each element of work, in try-with-resources.
 *
 * <p>The engine is loaded at the first use in a JVM. Threads per operation are read then from
 * {@code ai.djl.pytorch.num_threads}; nothing is ever downloaded unless {@code ai.djl.offline} is
 * set to false.
 */
public final class TorchScope implements AutoCloseable {
  private final NDManager manager;

  private TorchScope(NDManager manager) {
    this.manager = manager;
  }

  /** A scope on this JVM's device. */
  public static TorchScope open() {
    return new TorchScope(JvmEngine.BASE.newSubManager());
  }

  /** A scope that closes with this one at the latest. */
  public TorchScope nested() {
    return new TorchScope(manager.newSubManager());
  }

  /** Device of every tensor in this scope. */
  public Device device() {
    return manager.getDevice();
  }

  NDManager manager() {
    return manager;
  }

  static NDManager base() {
    return JvmEngine.BASE;
  }

  /** A float64 tensor with these values, row-major. */
  public NDArray float64(double[] values, long... shape) {
    return manager.create(values, new Shape(shape));
  }

  /** An int64 vector of these values. */
  public NDArray int64(int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return manager.create(wide);
  }

  /** Zeros. */
  public NDArray zeros(DataType dtype, long... shape) {
    return manager.zeros(new Shape(shape), dtype);
  }

  /** Moves a tensor to this scope, so that it outlives the one it was made in. */
  public NDArray adopt(NDArray tensor) {
    tensor.attach(manager);
    return tensor;
  }

  @Override
  public void close() {
    manager.close();
  }

  private static final class JvmEngine {
    static final NDManager BASE = start();

    private static NDManager start() {
      if (System.getProperty("ai.djl.offline") == null) {
        System.setProperty("ai.djl.offline", "true");
      }
      return Engine.getEngine("PyTorch").newBaseManager();
    }
  }
}

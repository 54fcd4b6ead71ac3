// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Native memory with an end: every tensor made in a scope, or returned by a program called with it,
 * is freed when the scope closes. Open one for each element of work, in try-with-resources. It lies
 * on this JVM's {@link TorchDevice}, which cannot change while a scope is open.
 */
public final class TorchScope implements AutoCloseable {
  private final NDManager manager;

  /** Whether this scope still counts among those that hold the device; nested ones never do. */
  private final AtomicBoolean holdsDevice;

  private TorchScope(NDManager manager, boolean holdsDevice) {
    this.manager = manager;
    this.holdsDevice = new AtomicBoolean(holdsDevice);
  }

  /** A scope on this JVM's device. */
  public static TorchScope open() {
    return new TorchScope(JvmEngine.base(TorchDevice.JVM.enter()).newSubManager(), true);
  }

  /** As {@link TorchDevice#use} followed by {@link #open()}, with nobody in between. */
  public static TorchScope open(String device) {
    return new TorchScope(JvmEngine.base(TorchDevice.JVM.enter(device)).newSubManager(), true);
  }

  /** A scope that closes with this one at the latest. */
  public TorchScope nested() {
    return new TorchScope(manager.newSubManager(), false);
  }

  /** Device of every tensor in this scope. */
  public Device device() {
    return manager.getDevice();
  }

  NDManager manager() {
    return manager;
  }

  /** A float64 tensor with these values, row-major. */
  public NDArray float64(double[] values, long... shape) {
    return manager.create(values, new Shape(shape));
  }

  /** A number that programs branch by, float64: in the CPU's memory whatever the device is. */
  public NDArray number(double value) {
    return manager.newSubManager(Device.cpu()).create(value);
  }

  /** An int64 vector of these values. */
  public NDArray int64(int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return manager.create(wide);
  }

  /** A tensor of zeros, of this type and shape. */
  public NDArray zeros(DataType dtype, long... shape) {
    return manager.zeros(new Shape(shape), dtype);
  }

  /** A tensor of this type and shape, to be written over whole. */
  public NDArray room(DataType dtype, long... shape) {
    return manager.create(new Shape(shape), dtype);
  }

  /** Moves a tensor to this scope, so that it outlives the one it was made in. */
  public NDArray adopt(NDArray tensor) {
    tensor.attach(manager);
    return tensor;
  }

  @Override
  public void close() {
    manager.close();
    if (holdsDevice.getAndSet(false)) {
      TorchDevice.JVM.leave();
    }
  }
}

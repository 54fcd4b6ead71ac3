// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.cost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.lang.management.ManagementFactory;
import java.security.MessageDigest;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * How fast one worker computes, as the libtorch of this JVM does: with the threads it has, on its
 * device, and with nobody else at work there.
 *
 * @param flops32 a second, in products of F32 matrices
 * @param flops64 a second, in products of F64 matrices
 * @param bytes a second, written to memory that is new to the process, as every result is
 * @param hashed bytes a second of SHA-256
 */
public record Rates(double flops32, double flops64, double bytes, double hashed) {
  private static final TorchProgram PROGRAM = TorchProgram.of(Rates.class);
  private static final int SIDE = 768;
  private static final long COPIED = 64 << 20;
  private static final int HASHED = 8 << 20;
  private static final long NANOS = 120_000_000;

  /** Measures for about a second; longer where other processes take the processor. */
  public static Rates measure(String device) {
    try (TorchScope scope = TorchScope.open(device)) {
      LongSupplier clock = clock(scope);
      NDArray source = scope.zeros(DataType.FLOAT32, COPIED / Float.BYTES);
      byte[] bytes = new byte[HASHED];
      return new Rates(
          products(scope, DataType.FLOAT32, clock),
          products(scope, DataType.FLOAT64, clock),
          COPIED * perSecond(() -> made(source::duplicate), clock),
          HASHED * perSecond(() -> hashed(bytes), clock));
    }
  }

  /** On the CPU the processor's time of this thread, so that other processes do not count. */
  private static LongSupplier clock(TorchScope scope) {
    return scope.device().isGpu()
        ? System::nanoTime
        : () -> ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static double products(TorchScope scope, DataType type, LongSupplier clock) {
    NDArray a = scope.zeros(type, SIDE, SIDE).add(0.5);
    return 2.0
        * SIDE
        * SIDE
        * SIDE
        * perSecond(() -> made(() -> PROGRAM.call(scope, "product", a, a)), clock);
  }

  /** Reads one element, so that a device has really done it. */
  private static double made(Supplier<NDArray> work) {
    try (NDArray result = work.get();
        NDArray flat = result.flatten();
        NDArray first = flat.get(0)) {
      return first.toType(DataType.FLOAT64, true).getDouble();
    }
  }

  private static double hashed(byte[] bytes) {
    MessageDigest sha = Sha256.start(Sha256.MUCH);
    sha.update(bytes);
    return sha.digest()[0];
  }

  private static double perSecond(DoubleSupplier work, LongSupplier clock) {
    double sum = work.getAsDouble();
    int count = 0;
    long begun = clock.getAsLong();
    while (clock.getAsLong() - begun < NANOS) {
      sum += work.getAsDouble();
      count++;
    }
    long spent = clock.getAsLong() - begun;
    if (Double.isNaN(sum)) {
      throw new IllegalStateException("finite numbers made one that is none");
    }
    return count * 1e9 / spent;
  }
}

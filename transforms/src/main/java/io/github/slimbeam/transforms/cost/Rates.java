package io.github.slimbeam.transforms.cost;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.security.MessageDigest;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;

/**
 * How fast one worker computes, as the libtorch of this JVM does: with the threads it has, on its
 * device.
 *
 * @param flops32 a second, in products of F32 matrices
 * @param flops64 a second, in products of F64 matrices
 * @param bytes a second, written to memory that is new to the process, as every result is
 * @param hashed bytes a second of SHA-256
 */
public record Rates(double flops32, double flops64, double bytes, double hashed) {
  private static final int SIDE = 768;
  private static final long COPIED = 64 << 20;
  private static final int HASHED = 8 << 20;
  private static final long NANOS = 150_000_000;

  /** Measures for about a second; what else the machine does in it counts as if it went on. */
  public static Rates measure(String device) {
    try (TorchScope scope = TorchScope.open(device)) {
      NDArray source = scope.zeros(DataType.FLOAT32, COPIED / Float.BYTES);
      byte[] bytes = new byte[HASHED];
      return new Rates(
          products(scope, DataType.FLOAT32),
          products(scope, DataType.FLOAT64),
          COPIED * perSecond(() -> tensorMade(source::duplicate)),
          HASHED
              * perSecond(
                  () -> {
                    MessageDigest sha = Sha256.start();
                    sha.update(bytes);
                    return sha.digest()[0];
                  }));
    }
  }

  private static double products(TorchScope scope, DataType type) {
    NDArray a = scope.zeros(type, SIDE, SIDE).add(0.5);
    return 2.0 * SIDE * SIDE * SIDE * perSecond(() -> tensorMade(() -> a.matMul(a)));
  }

  /** Reads one element, so that a device has really done it. */
  private static double tensorMade(Supplier<NDArray> work) {
    try (NDArray made = work.get();
        NDArray first = made.flatten().get(0)) {
      return first.toType(DataType.FLOAT64, true).getDouble();
    }
  }

  private static double perSecond(DoubleSupplier work) {
    double made = work.getAsDouble();
    int count = 0;
    long begun = System.nanoTime();
    while (System.nanoTime() - begun < NANOS) {
      made += work.getAsDouble();
      count++;
    }
    long spent = System.nanoTime() - begun;
    if (Double.isNaN(made)) {
      throw new IllegalStateException("finite numbers were computed to be none");
    }
    return count * 1e9 / spent;
  }
}

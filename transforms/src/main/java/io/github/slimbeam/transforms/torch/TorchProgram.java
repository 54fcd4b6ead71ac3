// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * TorchScript that stands beside a class: {@code Foo.torchscript} beside {@code Foo}, holding one
 * module {@code Foo} without weights. It is zipped into the archive that libtorch reads, with the
 * product of matrices and names for dtypes behind it, loaded once per JVM, and called by method
 * name; weights, shapes and devices arrive as arguments, so one module serves every layer and
 * thread.
 */
public final class TorchProgram {
  private static final String DTYPES = "dtypes";
  private static final String PRODUCTS =
      System.getProperty("os.arch").equals("amd64") ? "products-onednn" : "products";

  private final String name;
  private final byte[] archive;
  private @Nullable PtSymbolBlock block;

  private TorchProgram(String name, byte[] archive) {
    this.name = name;
    this.archive = archive;
  }

  /** The program beside {@code owner}. */
  public static TorchProgram of(Class<?> owner) {
    String name = owner.getSimpleName();
    try {
      return new TorchProgram(
          name,
          archive(
              name,
              source(owner, name),
              source(TorchProgram.class, PRODUCTS),
              source(TorchProgram.class, DTYPES)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] source(Class<?> owner, String name) throws IOException {
    String resource = name + ".torchscript";
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + resource + " beside " + owner.getName());
      }
      return in.readAllBytes();
    }
  }

  /** The archive as a file, loadable by {@code torch.jit.load} of any PyTorch from 2.0 on. */
  public byte[] archive() {
    return archive.clone();
  }

  /** Calls a method that returns one tensor; it belongs to {@code scope}. */
  public NDArray call(TorchScope scope, String method, Object... arguments) {
    return run(method, arguments, v -> v.toTensor((PtNDManager) scope.manager()));
  }

  /** Calls a method that returns a tuple of tensors; they belong to {@code scope}. */
  public List<NDArray> callTuple(TorchScope scope, String method, Object... arguments) {
    return run(
        method,
        arguments,
        tuple -> {
          List<NDArray> tensors = new ArrayList<>();
          for (IValue value : tuple.toIValueTuple()) {
            try (value) {
              tensors.add(value.toTensor((PtNDManager) scope.manager()));
            }
          }
          return tensors;
        });
  }

  private <T> T run(String method, Object[] arguments, Function<IValue, T> result) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      PtSymbolBlock module = block();
      // Per thread. The optimiser would watch the first calls, and then on CUDA compile kernels of
      // its own, which round otherwise than those of the first calls.
      JniUtils.setGraphExecutorOptimize(false);
      try (IValue returned = IValueUtils.runMethod(module, method, values)) {
        return result.apply(returned);
      }
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private synchronized PtSymbolBlock block() {
    if (block == null) {
      block = load();
    }
    return block;
  }

  private PtSymbolBlock load() {
    try {
      return JniUtils.loadModule(
          (PtNDManager) JvmEngine.base(Device.cpu()),
          new ByteArrayInputStream(archive),
          false,
          false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("unchecked")
  private IValue value(Object argument) {
    if (argument instanceof NDArray tensor) {
      return IValue.from((PtNDArray) tensor);
    } else if (argument instanceof Integer number) {
      return IValue.from(number.longValue());
    } else if (argument instanceof Long number) {
      return IValue.from(number);
    } else if (argument instanceof Double number) {
      return IValue.from(number);
    } else if (argument instanceof Boolean truth) {
      return IValue.from(truth);
    } else if (argument instanceof String text) {
      return IValue.from(text);
    } else if (argument instanceof long[] numbers) {
      return IValue.listFrom(numbers);
    } else if (argument instanceof int[] numbers) {
      return IValue.listFrom(Arrays.stream(numbers).asLongStream().toArray());
    } else if (argument instanceof Map<?, ?> tensors) {
      return IValue.stringMapFrom(
          ((Map<String, NDArray>) tensors)
              .entrySet().stream()
                  .collect(Collectors.toMap(Map.Entry::getKey, e -> (PtNDArray) e.getValue())));
    }
    throw new IllegalArgumentException(
        name + ": argument " + argument + " has no TorchScript type here");
  }

  /**
   * PyTorch's archive: the source, and two pickles of a few bytes that name its class and an empty
   * constant list.
   */
  private static byte[] archive(String name, byte[]... sources) throws IOException {
    byte[] type = ("c__torch__\n" + name + "\n)\u0081}b.").getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.write(new byte[] {(byte) 0x80, 2});
    data.write(type);
    ByteArrayOutputStream code = new ByteArrayOutputStream();
    for (byte[] source : sources) {
      code.write(source);
      code.write('\n');
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      put(zip, "data.pkl", data.toByteArray());
      put(zip, "code/__torch__.py", code.toByteArray());
      put(zip, "constants.pkl", new byte[] {(byte) 0x80, 2, ')', '.'});
      put(zip, "version", "10\n".getBytes(StandardCharsets.US_ASCII));
      put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry("m/" + name);
    entry.setTime(0);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}

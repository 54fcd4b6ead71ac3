// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands before the weights of a GGUF file, checked before anything in it is believed: kinds
 * of values that we write, tensors one after the other without gap or overlap to the end of the
 * file.
 *
 * @param metadata in the order of the file
 * @param tensors by name, in the order of their bytes
 * @param dataStart position in the file of the first tensor's bytes
 */
public record GgufHeader(
    Map<String, GgufValue> metadata, Map<String, Tensor> tensors, long dataStart) {

  /**
   * A tensor's entry.
   *
   * @param shape dimensions, outermost first, the reverse of the file's
   * @param offset of its bytes from {@link #dataStart}
   */
  public record Tensor(String name, GgufType type, List<Long> shape, long offset, long size) {}

  /** Whether a file begins as every GGUF file does. */
  public static boolean begins(SeekableByteChannel channel, String path) throws IOException {
    channel.position(0);
    return channel.size() >= 4 && new GgufInput(channel, path).u32("magic") == GgufWriter.MAGIC;
  }

  /**
   * Reads and checks all of it.
   *
   * @throws BadInputException naming file and place, if anything in it contradicts the file
   */
  public static GgufHeader read(SeekableByteChannel channel, String path) throws IOException {
    check(begins(channel, path), "%s: does not begin with GGUF", path);
    channel.position(4);
    GgufInput input = new GgufInput(channel, path);
    long version = input.u32("version");
    check(version == GgufWriter.VERSION, "%s: version %d of GGUF, expected 3", path, version);
    // an entry has at least a name's length, dimensions, type and offset; a value a key's length,
    // a kind and a byte
    long tensorCount = input.count("tensor count", 32);
    long valueCount = input.count("metadata count", 13);
    Map<String, GgufValue> metadata = new LinkedHashMap<>();
    for (long i = 0; i < valueCount; i++) {
      String key = input.text("key " + i);
      check(
          metadata.put(key, input.value(key)) == null, "%s: key %s stands there twice", path, key);
    }
    check(
        !metadata.containsKey("general.alignment"),
        "%s: general.alignment, expected none: data aligned to 32 bytes",
        path);
    List<Tensor> entries = new ArrayList<>();
    for (long i = 0; i < tensorCount; i++) {
      entries.add(tensor(input, path, i));
    }
    long dataStart = padded(input.position());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    long end = 0;
    for (Tensor tensor : entries) {
      check(
          tensor.offset() == end,
          "%s: tensor %s begins at byte %d of the data, expected %d",
          path,
          tensor.name(),
          tensor.offset(),
          end);
      check(
          tensors.put(tensor.name(), tensor) == null,
          "%s: tensor %s stands there twice",
          path,
          tensor.name());
      check(
          tensor.size() <= channel.size() - dataStart - end,
          "%s: tensor %s ends beyond the file's %d bytes: truncated",
          path,
          tensor.name(),
          channel.size());
      end = padded(end + tensor.size());
    }
    check(
        dataStart + end == channel.size(),
        "%s: %d bytes, expected %d",
        path,
        channel.size(),
        dataStart + end);
    return new GgufHeader(
        Collections.unmodifiableMap(metadata), Collections.unmodifiableMap(tensors), dataStart);
  }

  private static Tensor tensor(GgufInput input, String path, long number) throws IOException {
    String name = input.text("name of tensor " + number);
    long dimensions = input.u32(name);
    check(
        dimensions >= 1 && dimensions <= 4 && name.length() <= GgufWriter.MAX_NAME,
        "%s: tensor %s has %d dimensions, expected 1 to 4, and a name of at most %d bytes",
        path,
        name,
        dimensions,
        GgufWriter.MAX_NAME);
    List<Long> shape = new ArrayList<>();
    for (int i = 0; i < dimensions; i++) {
      shape.add(0, input.u64(name));
    }
    long code = input.u32(name);
    GgufType type =
        GgufType.of((int) code)
            .orElseThrow(
                () -> new BadInputException(path + ": tensor " + name + " is of type " + code));
    long offset = input.u64(name);
    check(
        shape.stream().allMatch(n -> n > 0) && shape.get(shape.size() - 1) % type.block() == 0,
        "%s: tensor %s of %s has shape %s: expected rows of whole blocks of %d",
        path,
        name,
        type,
        shape,
        type.block());
    try {
      long elements = shape.stream().mapToLong(Long::longValue).reduce(1, Math::multiplyExact);
      return new Tensor(name, type, List.copyOf(shape), offset, type.bytes(elements));
    } catch (ArithmeticException e) {
      throw new BadInputException(
          path + ": tensor " + name + ": shape " + shape + " is too large", e);
    }
  }

  private static long padded(long bytes) {
    return Math.addExact(bytes, GgufWriter.ALIGNMENT - 1)
        / GgufWriter.ALIGNMENT
        * GgufWriter.ALIGNMENT;
  }
}

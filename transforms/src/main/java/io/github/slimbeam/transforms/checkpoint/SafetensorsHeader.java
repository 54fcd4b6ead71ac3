// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.checkpoint;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Json;
import io.github.slimbeam.transforms.storage.LfsPointer;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The header of a safetensors file, checked before anything in it is believed: eight bytes of
 * length, a JSON object of tensors, then the tensors' bytes without gap or overlap to the end of
 * the file.
 *
 * @param tensors by name, in the order of their bytes
 * @param metadata the free texts under {@code __metadata__}
 * @param dataStart position in the file of the first tensor's bytes
 */
public record SafetensorsHeader(
    Map<String, TensorEntry> tensors, Map<String, String> metadata, long dataStart) {

  /** The longest header that is read; that of a 405B model has about 0.2 MB. */
  static final long MAX_HEADER = 100_000_000;

  /**
   * Reads and checks the header.
   *
   * @throws BadInputException naming file and tensor, if anything in it contradicts the file
   */
  public static SafetensorsHeader read(SeekableByteChannel channel, String path)
      throws IOException {
    long size = channel.size();
    check(
        size >= 8,
        "%s: truncated: %d bytes, a safetensors file begins with 8 bytes of header length",
        path,
        size);
    ByteBuffer length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    channel.position(0);
    Storage.readFully(channel, length, path);
    long header = length.flip().getLong();
    if (header > size - 8) {
      refusePointer(channel, size, path);
    }
    check(
        header >= 2 && header <= size - 8,
        "%s: header length %s goes beyond the file's %d bytes: not a safetensors file, or truncated",
        path,
        Long.toUnsignedString(header),
        size);
    check(
        header <= MAX_HEADER,
        "%s: header length %d, expected at most %d",
        path,
        header,
        MAX_HEADER);
    ByteBuffer json = ByteBuffer.allocate((int) header);
    Storage.readFully(channel, json, path);
    return parse(
        new String(json.array(), StandardCharsets.UTF_8), size - 8 - header, 8 + header, path);
  }

  private static void refusePointer(SeekableByteChannel channel, long size, String path)
      throws IOException {
    ByteBuffer beginning = ByteBuffer.allocate((int) Math.min(LfsPointer.PREFIX, size));
    channel.position(0);
    Storage.readFully(channel, beginning, path);
    LfsPointer.refuse(beginning.array(), path);
  }

  private static SafetensorsHeader parse(String json, long dataBytes, long dataStart, String path) {
    JsonNode root;
    try {
      root = Json.STRICT.readTree(json);
    } catch (JsonProcessingException e) {
      throw new BadInputException(
          path + ": header is not valid JSON: " + e.getOriginalMessage(), e);
    }
    check(root != null && root.isObject(), "%s: header is not a JSON object", path);
    Map<String, String> metadata = new LinkedHashMap<>();
    List<TensorEntry> entries = new ArrayList<>();
    root.fields()
        .forEachRemaining(
            field -> {
              if (field.getKey().equals("__metadata__")) {
                field
                    .getValue()
                    .fields()
                    .forEachRemaining(m -> metadata.put(m.getKey(), m.getValue().asText()));
              } else {
                entries.add(entry(field.getKey(), field.getValue(), dataBytes, path));
              }
            });
    entries.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    Map<String, TensorEntry> tensors = new LinkedHashMap<>();
    long position = 0;
    for (TensorEntry entry : entries) {
      check(
          entry.begin() == position,
          "%s: tensor %s begins at byte %d, expected %d: tensors must neither overlap nor leave gaps",
          path,
          entry.name(),
          entry.begin(),
          position);
      position = entry.end();
      tensors.put(entry.name(), entry);
    }
    check(
        position == dataBytes,
        "%s: the tensors end at byte %d of the data, the file at %d",
        path,
        position,
        dataBytes);
    return new SafetensorsHeader(tensors, metadata, dataStart);
  }

  private static TensorEntry entry(String name, JsonNode node, long dataBytes, String path) {
    String where = path + ": tensor " + name;
    DType dtype = dtype(node.path("dtype").asText(), where);
    JsonNode dimensions = node.path("shape");
    JsonNode offsets = node.path("data_offsets");
    check(
        dimensions.isArray()
            && offsets.isArray()
            && offsets.size() == 2
            && isWhole(offsets.get(0))
            && isWhole(offsets.get(1)),
        "%s: expected shape and two data_offsets, found %s",
        where,
        node);
    List<Long> shape = new ArrayList<>();
    for (JsonNode dimension : dimensions) {
      check(
          isWhole(dimension) && dimension.asLong() >= 0,
          "%s: dimension %s in shape %s",
          where,
          dimension,
          dimensions);
      shape.add(dimension.asLong());
    }
    TensorEntry entry =
        new TensorEntry(name, dtype, shape, offsets.get(0).asLong(), offsets.get(1).asLong());
    check(
        entry.begin() >= 0 && entry.begin() <= entry.end() && entry.end() <= dataBytes,
        "%s: data_offsets %s lie outside the file's %d bytes of data: corrupt or truncated",
        where,
        offsets,
        dataBytes);
    long expected;
    try {
      expected = Math.multiplyExact(entry.elements(), TensorEntry.width(dtype));
    } catch (ArithmeticException e) {
      throw new BadInputException(where + ": shape " + shape + " is too large", e);
    }
    check(
        entry.end() - entry.begin() == expected,
        "%s: %d bytes, but shape %s of %s takes %d",
        where,
        entry.end() - entry.begin(),
        shape,
        dtype,
        expected);
    return entry;
  }

  private static boolean isWhole(JsonNode number) {
    return number.isIntegralNumber() && number.canConvertToLong();
  }

  private static DType dtype(String name, String where) {
    return Arrays.stream(DType.values())
        .filter(d -> d.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    String.format(
                        Locale.ROOT,
                        "%s: dtype %s cannot be read, only %s: prune the unquantised model and quantise the result",
                        where,
                        name,
                        Arrays.toString(DType.values()))));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Reads values one after the other; no length is believed that goes beyond the file. */
final class GgufInput {
  private final SeekableByteChannel channel;
  private final String path;
  private final long size;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN).limit(0);

  /** Reads from the channel's position on. */
  GgufInput(SeekableByteChannel channel, String path) throws IOException {
    this.channel = channel;
    this.path = path;
    this.size = channel.size();
  }

  /** Where in the file the next value begins. */
  long position() throws IOException {
    return channel.position() - buffer.remaining();
  }

  long u32(String what) throws IOException {
    return require(4, what).getInt() & 0xFFFFFFFFL;
  }

  /** A number below 2⁶³. */
  long u64(String what) throws IOException {
    long value = require(8, what).getLong();
    check(value >= 0, "%s: %s: %s is too large", path, what, Long.toUnsignedString(value));
    return value;
  }

  /** A number of things that take at least some bytes each in what is left of the file. */
  long count(String what, int bytesEach) throws IOException {
    long count = u64(what);
    check(
        count <= (size - position()) / bytesEach,
        "%s: %s: %d go beyond the file's %d bytes: corrupt or truncated",
        path,
        what,
        count,
        size);
    return count;
  }

  String text(String what) throws IOException {
    long length = count(what, 1);
    check(length <= Storage.MAX_SMALL_FILE, "%s: %s: a text of %d bytes", path, what, length);
    ByteBuffer utf8 = ByteBuffer.allocate((int) length);
    while (utf8.hasRemaining()) {
      require(1, what);
      int taken = Math.min(buffer.remaining(), utf8.remaining());
      utf8.put(buffer.slice(buffer.position(), taken));
      buffer.position(buffer.position() + taken);
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(utf8.flip()).toString();
    } catch (CharacterCodingException e) {
      throw new BadInputException(path + ": " + what + ": not UTF-8", e);
    }
  }

  GgufValue value(String key) throws IOException {
    GgufValue.Kind kind = kind(key);
    if (kind != GgufValue.Kind.ARRAY) {
      return scalar(kind, key);
    }
    GgufValue.Kind element = kind(key);
    check(element != GgufValue.Kind.ARRAY, "%s: %s: an array of arrays", path, key);
    long count = count(key, 1);
    List<GgufValue> values = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      values.add(scalar(element, key));
    }
    return new GgufValue.Array(element, values);
  }

  private GgufValue scalar(GgufValue.Kind kind, String key) throws IOException {
    return switch (kind) {
      case U32 -> new GgufValue.U32(u32(key));
      case I32 -> new GgufValue.I32((int) u32(key));
      case F32 -> new GgufValue.F32(require(4, key).getFloat());
      case BOOL -> new GgufValue.Bool(bool(key));
      case STRING -> new GgufValue.Text(text(key));
      case U64 -> new GgufValue.U64(u64(key));
      case ARRAY -> throw new IllegalArgumentException(key);
    };
  }

  private boolean bool(String key) throws IOException {
    byte value = require(1, key).get();
    check(value == 0 || value == 1, "%s: %s: a bool of %d", path, key, value);
    return value == 1;
  }

  private GgufValue.Kind kind(String key) throws IOException {
    long code = u32(key);
    return GgufValue.Kind.of((int) code)
        .orElseThrow(() -> new BadInputException(path + ": " + key + ": values of kind " + code));
  }

  /** The buffer, with at least so many bytes of a value in it. */
  private ByteBuffer require(int bytes, String what) throws IOException {
    if (buffer.remaining() < bytes) {
      buffer.compact();
      while (buffer.position() < bytes) {
        check(channel.read(buffer) >= 0, "%s: ends within %s: truncated", path, what);
      }
      buffer.flip();
    }
    return buffer;
  }
}

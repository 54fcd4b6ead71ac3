// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.gguf;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A typed value of a file's metadata. */
public sealed interface GgufValue {

  /** Types of values, by their number in the file. */
  enum Kind {
    U32(4),
    I32(5),
    F32(6),
    BOOL(7),
    STRING(8),
    ARRAY(9),
    U64(10);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** Its number in the file. */
    int code() {
      return code;
    }

    static Optional<Kind> of(int code) {
      return Stream.of(values()).filter(kind -> kind.code == code).findFirst();
    }
  }

  /** Its type. */
  Kind kind();

  /** Bytes that it takes after its type. */
  long size();

  /** Writes those bytes into a little-endian buffer. */
  void put(ByteBuffer bytes);

  /** A number from 0 to 2³² − 1. */
  record U32(long value) implements GgufValue {
    public U32 {
      if (value < 0 || value > 0xFFFFFFFFL) {
        throw new IllegalArgumentException(value + " is no u32");
      }
    }

    @Override
    public Kind kind() {
      return Kind.U32;
    }

    @Override
    public long size() {
      return 4;
    }

    @Override
    public void put(ByteBuffer bytes) {
      bytes.putInt((int) value);
    }
  }

  /** A signed number of 32 bits. */
  record I32(int value) implements GgufValue {
    @Override
    public Kind kind() {
      return Kind.I32;
    }

    @Override
    public long size() {
      return 4;
    }

    @Override
    public void put(ByteBuffer bytes) {
      bytes.putInt(value);
    }
  }

  /** A number of single precision. */
  record F32(float value) implements GgufValue {
    @Override
    public Kind kind() {
      return Kind.F32;
    }

    @Override
    public long size() {
      return 4;
    }

    @Override
    public void put(ByteBuffer bytes) {
      bytes.putFloat(value);
    }
  }

  /** True or false, a byte. */
  record Bool(boolean value) implements GgufValue {
    @Override
    public Kind kind() {
      return Kind.BOOL;
    }

    @Override
    public long size() {
      return 1;
    }

    @Override
    public void put(ByteBuffer bytes) {
      bytes.put((byte) (value ? 1 : 0));
    }
  }

  /** A text, in UTF-8. */
  record Text(String value) implements GgufValue {
    @Override
    public Kind kind() {
      return Kind.STRING;
    }

    @Override
    public long size() {
      return 8L + value.getBytes(StandardCharsets.UTF_8).length;
    }

    @Override
    public void put(ByteBuffer bytes) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      bytes.putLong(utf8.length).put(utf8);
    }
  }

  /** A number of 64 bits without sign, of which we take those below 2⁶³. */
  record U64(long value) implements GgufValue {
    public U64 {
      if (value < 0) {
        throw new IllegalArgumentException(Long.toUnsignedString(value) + " is too large");
      }
    }

    @Override
    public Kind kind() {
      return Kind.U64;
    }

    @Override
    public long size() {
      return 8;
    }

    @Override
    public void put(ByteBuffer bytes) {
      bytes.putLong(value);
    }
  }

  /**
   * Values of one type, none of them an array.
   *
   * @param element their type, told even where there are none
   */
  record Array(Kind element, List<GgufValue> values) implements GgufValue {
    public Array {
      values = List.copyOf(values);
      if (element == Kind.ARRAY || values.stream().anyMatch(value -> value.kind() != element)) {
        throw new IllegalArgumentException("an array of other than " + element);
      }
    }

    @Override
    public Kind kind() {
      return Kind.ARRAY;
    }

    @Override
    public long size() {
      return 12 + values.stream().mapToLong(GgufValue::size).sum();
    }

    @Override
    public void put(ByteBuffer bytes) {
      bytes.putInt(element.code()).putLong(values.size());
      values.forEach(value -> value.put(bytes));
    }
  }

  /** An array of texts. */
  static Array texts(List<String> values) {
    return new Array(Kind.STRING, values.stream().<GgufValue>map(Text::new).toList());
  }

  /** An array of signed numbers. */
  static Array ints(List<Integer> values) {
    return new Array(Kind.I32, values.stream().<GgufValue>map(I32::new).toList());
  }

  /** An array of numbers of single precision. */
  static Array floats(List<Float> values) {
    return new Array(Kind.F32, values.stream().<GgufValue>map(F32::new).toList());
  }

  /** An array of trues and falses. */
  static Array bools(List<Boolean> values) {
    return new Array(Kind.BOOL, values.stream().<GgufValue>map(Bool::new).toList());
  }
}

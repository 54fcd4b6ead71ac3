// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a file of UTF-8, long ones in parts, with the bytes at which they begin.
 *
 * <p>Lines end as {@link java.io.BufferedReader#readLine} has it: by {@code \n}, {@code \r} or
 * both. Where a line begins can be told from anywhere in the file, because no other character of
 * UTF-8 has these bytes.
 */
final class TextLines {
  private static final int PART = 1 << 16;
  private static final char BYTE_ORDER_MARK = '\uFEFF';

  private final InputStream bytes;
  private final byte[] buffer = new byte[PART];
  private int filled;
  private int next;
  private long position;

  private final ByteArrayOutputStream part = new ByteArrayOutputStream();
  private boolean afterReturn;
  private boolean startsLine;
  private boolean endsLine = true;
  private long begin;
  private long number;

  /**
   * Lines from here on.
   *
   * @param at which byte of its file the first of {@code bytes} is
   */
  TextLines(InputStream bytes, long at) {
    this.bytes = bytes;
    this.position = at;
  }

  /**
   * The next part of a line; null at the file's end. The first part of a line is blank only if the
   * whole line is.
   *
   * @throws CharacterCodingException if it is not UTF-8
   */
  @Nullable String next() throws IOException {
    if (!read()) {
      return null;
    }
    String text = decode();
    while (startsLine && !endsLine && text.isBlank()) {
      readOn();
      text = decode();
    }
    return text;
  }

  /** Whether there is another line and it begins before this byte. */
  boolean startsBefore(long to) throws IOException {
    passReturn();
    return peek() >= 0 && position < to;
  }

  /** The next whole line; null at the file's end. */
  @Nullable String nextLine() throws IOException {
    if (!read()) {
      return null;
    }
    while (!endsLine) {
      readOn();
    }
    return decode();
  }

  /** Passes over what is left of a line, whatever stands there. */
  void skipLine() throws IOException {
    while (read() && !endsLine) {
      part.reset();
    }
  }

  /** Whether a line begins with the last part. */
  boolean startsLine() {
    return startsLine;
  }

  /** Where in the file the last part's line begins, in bytes. */
  long begin() {
    return begin;
  }

  /** The number of the last part's line, from 1, counted from the first that was read. */
  long number() {
    return number;
  }

  /** Reads a part; false at the file's end. */
  private boolean read() throws IOException {
    startsLine = endsLine;
    if (startsLine) {
      passReturn();
      if (peek() < 0) {
        return false;
      }
      begin = position;
      number++;
    }
    part.reset();
    readOn();
    return true;
  }

  /** Passes over what of a line's end is still to be read. */
  private void passReturn() throws IOException {
    if (afterReturn && peek() == '\n') {
      take();
    }
    afterReturn = false;
  }

  /** Adds to the part, to the line's end or until it is long. */
  private void readOn() throws IOException {
    int limit = part.size() + PART;
    endsLine = false;
    for (int b = peek(); b >= 0; b = peek()) {
      // A character's further bytes stay with it; there are three at most.
      if (part.size() >= limit && ((b & 0xC0) != 0x80 || part.size() >= limit + 3)) {
        return;
      }
      take();
      if (b == '\n' || b == '\r') {
        afterReturn = b == '\r';
        break;
      }
      part.write(b);
    }
    endsLine = true;
  }

  private String decode() throws CharacterCodingException {
    String text =
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(part.toByteArray())).toString();
    boolean marked = startsLine && begin == 0 && !text.isEmpty();
    return marked && text.charAt(0) == BYTE_ORDER_MARK ? text.substring(1) : text;
  }

  private int peek() throws IOException {
    if (next == filled) {
      next = 0;
      filled = Math.max(0, bytes.read(buffer));
      if (filled == 0) {
        return -1;
      }
    }
    return buffer[next] & 0xFF;
  }

  private void take() {
    next++;
    position++;
  }
}

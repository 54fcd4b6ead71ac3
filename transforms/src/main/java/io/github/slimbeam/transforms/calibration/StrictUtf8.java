// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * UTF-8 that fails where Java's own would put a replacement character: a text that was damaged on
 * the way in would be pruned or measured on without anybody noticing.
 */
public final class StrictUtf8 {
  private static final int BYTE_ORDER_MARK = 0xFEFF;

  private StrictUtf8() {}

  /** The text's bytes; {@code source} names it if half a surrogate pair stands in it. */
  public static byte[] encode(String text, String source) {
    try {
      ByteBuffer bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
      return Arrays.copyOfRange(bytes.array(), bytes.arrayOffset(), bytes.limit());
    } catch (CharacterCodingException e) {
      throw new BadInputException(
          source
              + ": the text is not valid Unicode (half of a surrogate pair): repair or remove it",
          e);
    }
  }

  /** The text of bytes; {@code source} names it if they are no UTF-8. */
  static String decode(byte[] bytes, String source) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new BadInputException(source + ": not valid UTF-8: repair or remove it", e);
    }
  }

  /**
   * A reader that throws {@link CharacterCodingException}; a byte order mark is skipped.
   *
   * @throws BadInputException if the file is known for something other than text
   */
  public static BufferedReader reader(String path, InputStream bytes) throws IOException {
    InputStream buffered = new BufferedInputStream(bytes);
    ForeignFormat.refuse(buffered, path);
    BufferedReader reader =
        new BufferedReader(new InputStreamReader(buffered, StandardCharsets.UTF_8.newDecoder()));
    reader.mark(1);
    if (reader.read() != BYTE_ORDER_MARK) {
      reader.reset();
    }
    return reader;
  }

  /** What to say about a file whose bytes are no UTF-8. */
  public static BadInputException invalid(String path, CharacterCodingException e) {
    return new BadInputException(
        path
            + ": not valid UTF-8: convert it, or, if it is compressed, let its name say so ("
            + CompressedName.list()
            + ")",
        e);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.io.IOException;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * The little that reading checkpoints and keeping intermediate files asks of a file system. Paths
 * are spelled as the implementation spells them; directories need no creation.
 */
public interface Storage extends Serializable {

  /**
   * Opens a file for positional reading.
   *
   * @throws IOException if there is no such file, at the latest with the first read
   */
  SeekableByteChannel open(String path) throws IOException;

  /** Creates or replaces a file; the content counts as written only once the channel is closed. */
  WritableByteChannel create(String path) throws IOException;

  /**
   * Paths of the files, not directories, below a directory that match a glob relative to it,
   * sorted; empty where none does. The directory is taken literally, whatever characters its name
   * has.
   */
  List<String> list(String directory, String glob) throws IOException;

  /**
   * Moves one file, replacing the target; makes the target's directory where there is none.
   *
   * @throws IOException if there is no such file
   */
  void rename(String from, String to) throws IOException;

  /** Deletes files; those that are gone already do not count as errors. */
  void delete(Collection<String> paths) throws IOException;

  /**
   * Deletes a directory with all in it; one that is gone already does not count as an error. Only
   * for a directory that this project made under a name of its own that nobody else can have.
   */
  void deleteTree(String directory) throws IOException;

  /** Deletes the directories at and below this one that hold nothing; no file is touched. */
  void deleteEmptyDirectories(String directory) throws IOException;

  /** Bytes that can still be written at a directory, where that is known. */
  default OptionalLong room(String directory) throws IOException {
    return OptionalLong.empty();
  }

  /** The path of {@code name} within {@code directory}. */
  String resolve(String directory, String name);

  /** A directory's path without slashes at its end, so that more can be put behind it. */
  static String withoutSlash(String directory) {
    int end = directory.length();
    while (end > 0 && directory.charAt(end - 1) == '/') {
      end--;
    }
    return directory.substring(0, end);
  }

  /** Whether there is a file, not a directory, at this path. */
  boolean exists(String path) throws IOException;

  /** Writes a file's content. */
  @FunctionalInterface
  interface Content {
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  /**
   * Writes beside the target and renames, so that nobody ever finds half a file and a repeated
   * attempt is harmless.
   *
   * @throws BadInputException if there is no room left
   */
  default void write(String path, Content content) throws IOException {
    String partial = path + "." + UUID.randomUUID() + ".partial";
    try {
      try (WritableByteChannel channel = create(partial)) {
        content.writeTo(channel);
      }
      rename(partial, path);
    } catch (IOException | RuntimeException e) {
      try {
        delete(List.of(partial));
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      if (isFull(e)) {
        throw new BadInputException(
            "no space left while writing " + path + ": free some, or choose another place", e);
      }
      throw e;
    }
  }

  /** Writes a small text file as UTF-8, as {@link #write}. */
  default void writeText(String path, String text) throws IOException {
    write(path, channel -> writeFully(channel, StandardCharsets.UTF_8.encode(text)));
  }

  /** Reads a small file whole. */
  default byte[] read(String path) throws IOException {
    try (SeekableByteChannel channel = open(path)) {
      BadInputException.check(
          channel.size() <= MAX_SMALL_FILE,
          "%s: %d bytes, expected at most %d for such a file",
          path,
          channel.size(),
          MAX_SMALL_FILE);
      ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
      readFully(channel, bytes, path);
      return bytes.array();
    }
  }

  /**
   * The largest file that {@link #read} takes: tokenizers and indexes of the largest models stay
   * far below.
   */
  long MAX_SMALL_FILE = 256L << 20;

  /** Fills the buffer. */
  static void readFully(ReadableByteChannel channel, ByteBuffer bytes, String path)
      throws IOException {
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new BadInputException(path + ": ends " + bytes.remaining() + " bytes too early");
      }
    }
  }

  /** Empties the buffer. */
  static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static boolean isFull(Throwable e) {
    for (Throwable t = e; t != null; t = t.getCause()) {
      String message = String.valueOf(t.getMessage());
      // HDFS: "The DiskSpace quota of /models is exceeded: …"
      if (message.contains("No space left")
          || message.contains("quota exceeded")
          || message.matches("(?s).*quota of .* is exceeded.*")) {
        return true;
      }
    }
    return false;
  }
}

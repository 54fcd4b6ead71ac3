// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.calibration.CompressedName;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import org.apache.beam.sdk.io.Compression;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;

/** Files as they are read: decompressed, if their names say that they are compressed. */
public final class CompressedFile {
  private CompressedFile() {}

  /** What is made of the content. */
  @FunctionalInterface
  public interface Reading {
    void read(InputStream bytes) throws IOException;
  }

  /** Whether a file is compressed. */
  public static boolean is(Metadata file) {
    return Compression.detect(file.resourceId().toString()) != Compression.UNCOMPRESSED;
  }

  /**
   * Reads a file, decompressed.
   *
   * @throws BadInputException naming it, if it cannot be decompressed
   */
  public static void read(Metadata file, Reading reading) throws IOException {
    String path = file.resourceId().toString();
    check(
        !CompressedName.isUnreadable(path),
        "%s: compressed by LZO, which is not read: expected plain text or one of %s",
        path,
        CompressedName.list());
    Source source = new Source(FileSystems.open(file.resourceId()));
    try (source;
        InputStream bytes =
            Channels.newInputStream(Compression.detect(path).readDecompressed(source))) {
      reading.read(bytes);
    } catch (IOException e) {
      if (is(file) && !source.failed) {
        throw new BadInputException(
            path
                + ": cannot be decompressed ("
                + e.getMessage()
                + "): damaged, cut off, or compressed otherwise than its name says",
            e);
      }
      throw e;
    }
  }

  /**
   * Tells what the file system could not read, and may tomorrow, from what is wrong in the file.
   */
  private static final class Source implements ReadableByteChannel {
    private final ReadableByteChannel file;
    private boolean failed;

    Source(ReadableByteChannel file) {
      this.file = file;
    }

    @Override
    public int read(ByteBuffer bytes) throws IOException {
      try {
        return file.read(bytes);
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }

    @Override
    public boolean isOpen() {
      return file.isOpen();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}

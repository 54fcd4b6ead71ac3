// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.calibration;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.SeekableByteChannel;
import org.apache.parquet.io.DelegatingSeekableInputStream;
import org.apache.parquet.io.InputFile;
import org.apache.parquet.io.SeekableInputStream;

/**
 * A channel as parquet-java reads files, without Hadoop's file systems. Tells what could not be
 * read, and may tomorrow, from what is wrong in the file.
 */
final class ParquetChannel implements InputFile {
  private final SeekableByteChannel channel;
  private boolean failed;

  ParquetChannel(SeekableByteChannel channel) {
    this.channel = channel;
  }

  /** Whether the channel itself threw. */
  boolean hasFailed() {
    return failed;
  }

  @Override
  public long getLength() throws IOException {
    return channel.size();
  }

  @Override
  public SeekableInputStream newStream() {
    return new DelegatingSeekableInputStream(new Watched(Channels.newInputStream(channel))) {
      @Override
      public long getPos() throws IOException {
        return channel.position();
      }

      @Override
      public void seek(long position) throws IOException {
        channel.position(position);
      }
    };
  }

  private final class Watched extends InputStream {
    private final InputStream bytes;

    Watched(InputStream bytes) {
      this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      try {
        return bytes.read(into, offset, length);
      } catch (IOException e) {
        failed = true;
        throw e;
      }
    }
  }
}

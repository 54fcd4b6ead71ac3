// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** Files in heap under {@code memory://NAME/}, with room for so many bytes. */
public final class MemoryDrive implements AutoCloseable {
  private static final Map<String, MemoryDrive> DRIVES = new ConcurrentHashMap<>();

  private final String name = UUID.randomUUID().toString();
  private final TreeMap<String, byte[]> files = new TreeMap<>();
  private final List<String> renamed = new ArrayList<>();
  private final long room;
  private long written;
  private int changes;
  private int lastChange = Integer.MAX_VALUE;

  private MemoryDrive(long room) {
    this.room = room;
  }

  /** A drive without end. */
  public static MemoryDrive open() {
    return open(Long.MAX_VALUE);
  }

  /** A drive on which so many bytes can ever be written. */
  public static MemoryDrive open(long room) {
    MemoryDrive drive = new MemoryDrive(room);
    DRIVES.put(drive.name, drive);
    return drive;
  }

  static MemoryDrive of(String path) {
    return DRIVES.get(path.split("/")[2]);
  }

  /** A path on this drive. */
  public String path(String relative) {
    return "memory://" + name + "/" + relative;
  }

  /** Paths of all files, without the drive. */
  public synchronized List<String> files() {
    return files.keySet().stream().map(f -> f.substring(path("").length())).toList();
  }

  /** Targets of all renames so far, without the drive, in order. */
  public synchronized List<String> renamed() {
    return renamed.stream().map(f -> f.substring(path("").length())).toList();
  }

  /** Bytes written so far. */
  public synchronized long written() {
    return written;
  }

  /** Changes a file behind everybody's back. */
  public synchronized void damage(String relative, UnaryOperator<byte[]> damage) {
    files.compute(path(relative), (path, content) -> damage.apply(content.clone()));
  }

  /** Files created, renamed or deleted so far. */
  public synchronized int changes() {
    return changes;
  }

  /** Nothing can be changed any more after so many changes from now, until this is called again. */
  public synchronized void breakAfter(int more) {
    lastChange = more == Integer.MAX_VALUE ? more : changes + more;
  }

  private void change() throws IOException {
    if (changes >= lastChange) {
      throw new IOException("the drive is gone");
    }
    changes++;
  }

  synchronized Map<String, byte[]> all() {
    return new TreeMap<>(files);
  }

  synchronized byte[] find(String path) {
    return files.get(path);
  }

  synchronized void put(String path, byte[] content) throws IOException {
    change();
    files.put(path, content);
  }

  synchronized boolean remove(String path) throws IOException {
    change();
    return files.remove(path) != null;
  }

  synchronized void move(String from, String to) throws IOException {
    change();
    files.put(to, files.remove(from));
    renamed.add(to);
  }

  private synchronized void take(int bytes) throws IOException {
    if (written + bytes > room) {
      throw new IOException("No space left on device");
    }
    written += bytes;
  }

  WritableByteChannel create(String path) {
    return new WritableByteChannel() {
      private final ByteArrayOutputStream content = new ByteArrayOutputStream();
      private boolean open = true;

      @Override
      public int write(ByteBuffer bytes) throws IOException {
        byte[] part = new byte[bytes.remaining()];
        take(part.length);
        bytes.get(part);
        content.writeBytes(part);
        return part.length;
      }

      @Override
      public boolean isOpen() {
        return open;
      }

      @Override
      public void close() throws IOException {
        if (open) {
          open = false;
          put(path, content.toByteArray());
        }
      }
    };
  }

  @Override
  public void close() {
    DRIVES.remove(name);
  }
}

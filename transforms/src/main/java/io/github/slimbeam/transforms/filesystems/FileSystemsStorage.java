// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.FileNotFoundException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * {@link Storage} over Beam's {@link FileSystems}: local paths as they are, and {@code hdfs://},
 * {@code s3://}, {@code gs://} and the like once the user's class path has Beam's module for them.
 *
 * <p>On an object store there are no directories, and {@link #rename} copies within the store.
 * Every method throws {@link BadInputException} for a path of which no file system can make
 * anything, saying what is missing.
 */
public final class FileSystemsStorage implements Storage {
  private static final long serialVersionUID = 1;
  private static final String BINARY = "application/octet-stream";

  @Override
  public SeekableByteChannel open(String path) throws IOException {
    ReadableByteChannel channel = reachable(path, FileSystems::open);
    if (channel instanceof FileChannel local) {
      return local;
    }
    if (channel instanceof SeekableByteChannel seekable) {
      return new RemoteChannel(seekable);
    }
    channel.close();
    throw new BadInputException(
        path + ": this file system does not support positional reading; copy the files first");
  }

  @Override
  public WritableByteChannel create(String path) throws IOException {
    return FilePath.isLocal(path)
        ? createLocal(FilePath.local(path))
        : reachable(path, file -> FileSystems.create(file, BINARY));
  }

  /** Beam's own channel copies 8 kB at a time, which took a tenth of a large run. */
  private static FileChannel createLocal(Path path) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    return new FileOutputStream(path.toFile()).getChannel();
  }

  @FunctionalInterface
  private interface Access<C> {
    C to(ResourceId file) throws IOException;
  }

  /** Beam's S3 lets exceptions of the AWS SDK through, which are unchecked and name no file. */
  private static <C> C reachable(String path, Access<C> access) throws IOException {
    ResourceId file = FilePath.file(path);
    try {
      return access.to(file);
    } catch (RuntimeException e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  @Override
  public List<String> list(String directory, String glob) throws IOException {
    return FilePath.isLocal(directory)
        ? listLocal(directory, glob)
        : files(matchBelow(directory, glob)).stream()
            .map(m -> m.resourceId().toString())
            .sorted()
            .toList();
  }

  /** By way of links, as every program that opens the directory goes. */
  private List<String> listLocal(String directory, String glob) throws IOException {
    Path local = FilePath.local(directory);
    if (!Files.isDirectory(local)) {
      return List.of();
    }
    Path real = local.toRealPath();
    PathMatcher matcher = real.getFileSystem().getPathMatcher("glob:" + glob);
    int depth = glob.contains("**") ? Integer.MAX_VALUE : glob.split("/").length;
    return walked(real, depth)
        .filter(path -> matcher.matches(real.relativize(path)) && Files.isRegularFile(path))
        .map(path -> local.resolve(real.relativize(path)).toString())
        .sorted()
        .toList();
  }

  @Override
  public void rename(String from, String to) throws IOException {
    FileSystems.rename(List.of(FilePath.file(from)), List.of(FilePath.file(to)));
  }

  @Override
  public void delete(Collection<String> paths) throws IOException {
    List<ResourceId> remote = new ArrayList<>();
    for (String path : paths) {
      if (FilePath.isLocal(path)) {
        Files.deleteIfExists(FilePath.local(path));
      } else if (!FilePath.asGlob(path).equals(path)) {
        // Beam would look for it as for a pattern before it is deleted, and not find it.
        if (exists(path)) {
          FileSystems.delete(List.of(FilePath.file(path)));
        }
      } else {
        remote.add(FilePath.file(path));
      }
    }
    FileSystems.delete(remote, StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  @Override
  public void deleteTree(String directory) throws IOException {
    if (FilePath.isLocal(directory)) {
      deleteLocal(FilePath.local(directory));
    } else {
      delete(list(directory, "**"));
      deleteDirectories(directory);
    }
  }

  @Override
  public OptionalLong room(String directory) throws IOException {
    return FilePath.isLocal(directory)
        ? OptionalLong.of(Files.getFileStore(FilePath.local(directory)).getUsableSpace())
        : OptionalLong.empty();
  }

  @Override
  public void deleteEmptyDirectories(String directory) throws IOException {
    if (!FilePath.isLocal(directory)) {
      if (list(directory, "**").isEmpty()) {
        deleteDirectories(directory);
      }
      return;
    }
    Path local = FilePath.local(directory);
    if (!Files.isDirectory(local, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    for (Path path : deepestFirst(local)) {
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) && isEmpty(path)) {
        Files.deleteIfExists(path);
      }
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    }
  }

  private static void deleteLocal(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    for (Path path : deepestFirst(directory)) {
      Files.deleteIfExists(path);
    }
  }

  /** All below a directory and itself; fails where somebody removes them meanwhile. */
  private static List<Path> deepestFirst(Path directory) throws IOException {
    return walked(directory, Integer.MAX_VALUE).sorted(Comparator.reverseOrder()).toList();
  }

  private static Stream<Path> walked(Path directory, int depth) throws IOException {
    try (Stream<Path> walk = Files.walk(directory, depth)) {
      return walk.toList().stream();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Object stores have none; HDFS keeps empty ones, and deletes no others. */
  private void deleteDirectories(String directory) throws IOException {
    for (Metadata entry : matchBelow(directory, "*")) {
      deleteDirectories(entry.resourceId().toString());
    }
    FileSystems.delete(
        List.of(FilePath.directory(directory)), StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  @Override
  public String resolve(String directory, String name) {
    ResourceId resolved = FilePath.directory(directory);
    String[] parts = name.split("/");
    try {
      return resolve(resolved, parts);
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          directory + "/" + name + ": this file system takes no such name: " + e.getMessage(), e);
    }
  }

  private static String resolve(ResourceId directory, String... parts) {
    ResourceId resolved = directory;
    for (int i = 0; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      resolved =
          resolved.resolve(
              parts[i],
              last
                  ? StandardResolveOptions.RESOLVE_FILE
                  : StandardResolveOptions.RESOLVE_DIRECTORY);
    }
    return resolved.toString();
  }

  @Override
  public boolean exists(String path) throws IOException {
    // Beam looks for a local file that is not there by walking everything below its parent.
    return FilePath.isLocal(path)
        ? Files.isRegularFile(FilePath.local(path))
        : files(match(FilePath.asGlob(path))).stream()
            .anyMatch(found -> FilePath.isSpelled(found.resourceId().toString(), path));
  }

  /** What matches a glob below a directory that is taken literally: S3 knows no escapes. */
  private static List<Metadata> matchBelow(String directory, String glob) throws IOException {
    String prefix = Storage.withoutSlash(directory) + "/";
    return match(FilePath.asGlob(prefix) + glob).stream()
        .filter(found -> FilePath.isSpelled(found.resourceId().toString(), prefix))
        .toList();
  }

  /**
   * What matches a glob, on HDFS directories as well. There {@code **} is one directory or more,
   * elsewhere none or more: so it is asked twice.
   */
  public static List<Metadata> match(String glob) throws IOException {
    FilePath.check(glob);
    MatchResult result = FileSystems.match(glob, EmptyMatchTreatment.ALLOW);
    List<Metadata> found = new ArrayList<>();
    try {
      found.addAll(result.metadata());
    } catch (RuntimeException e) {
      // How Beam hands on what a file system said.
      throw new IOException(
          glob + ": " + (e.getCause() == null ? e : e.getCause()).getMessage(), e);
    }
    if (glob.contains("**") && !FilePath.isLocal(glob)) {
      found.addAll(match(glob.replace("**", "*")));
    }
    return found.stream().distinct().toList();
  }

  /** What of it is a file and no directory, HDFS's empty-looking directories included. */
  public static List<Metadata> files(List<Metadata> found) throws IOException {
    List<Metadata> files = new ArrayList<>();
    for (Metadata entry : found) {
      if (isFile(entry)) {
        files.add(entry);
      }
    }
    return files;
  }

  /** Beam shows a directory of HDFS as an empty file. */
  private static boolean isFile(Metadata entry) throws IOException {
    if (entry.resourceId().isDirectory()) {
      return false;
    }
    if (entry.sizeBytes() > 0) {
      return true;
    }
    try (ReadableByteChannel channel = FileSystems.open(entry.resourceId())) {
      return channel.isOpen();
    } catch (FileNotFoundException e) {
      return false;
    }
  }
}

package io.github.slimbeam.transforms;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions.StandardMoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * {@link Storage} over Beam's {@link FileSystems}: local paths as they are, and {@code hdfs://},
 * {@code s3://}, {@code gs://} and the like once the user's class path has Beam's module for them.
 */
public final class FileSystemsStorage implements Storage {
  private static final long serialVersionUID = 1;
  private static final String BINARY = "application/octet-stream";

  @Override
  public SeekableByteChannel open(String path) throws IOException {
    ReadableByteChannel channel = FileSystems.open(file(path));
    if (channel instanceof SeekableByteChannel seekable) {
      return seekable;
    }
    channel.close();
    throw new BadInputException(
        path + ": this file system does not support positional reading; copy the files first");
  }

  @Override
  public WritableByteChannel create(String path) throws IOException {
    return FileSystems.create(file(path), BINARY);
  }

  @Override
  public List<String> list(String pattern) throws IOException {
    MatchResult result = FileSystems.match(pattern, EmptyMatchTreatment.ALLOW);
    if (result.status() == MatchResult.Status.NOT_FOUND) {
      return List.of();
    }
    return result.metadata().stream().map(m -> m.resourceId().toString()).sorted().toList();
  }

  @Override
  public void rename(String from, String to) throws IOException {
    FileSystems.rename(
        List.of(file(from)), List.of(file(to)), StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  @Override
  public void delete(Collection<String> paths) throws IOException {
    FileSystems.delete(
        paths.stream().map(FileSystemsStorage::file).toList(),
        StandardMoveOptions.IGNORE_MISSING_FILES);
  }

  @Override
  public void deleteTree(String directory) throws IOException {
    delete(list(resolve(directory, "**")));
    ResourceId id = FileSystems.matchNewResource(directory, true);
    if (id.getScheme().equals("file")) {
      deleteDirectories(Path.of(id.toString()));
    }
  }

  /** Object stores have no directories; a local file system keeps empty ones. */
  private static void deleteDirectories(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> walk = Files.walk(directory)) {
      deepestFirst = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.deleteIfExists(path);
    }
  }

  @Override
  public String resolve(String directory, String name) {
    ResourceId resolved = FileSystems.matchNewResource(directory, true);
    String[] parts = name.split("/");
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
    if (isLocal(path)) {
      return Files.isRegularFile(local(path));
    }
    try {
      FileSystems.matchSingleFileSpec(path);
      return true;
    } catch (FileNotFoundException e) {
      return false;
    }
  }

  /**
   * Whether a path is on the local file system. Beam looks for a local file that is not there by
   * walking everything below its parent.
   */
  static boolean isLocal(String path) {
    return file(path).getScheme().equals("file");
  }

  /** A local path as Java spells it. */
  static Path local(String path) {
    return Path.of(file(path).toString());
  }

  private static ResourceId file(String path) {
    return FileSystems.matchNewResource(path, false);
  }
}

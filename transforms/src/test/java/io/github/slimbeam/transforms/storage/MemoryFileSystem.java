// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import com.google.auto.service.AutoService;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.io.fs.CreateOptions;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MatchResult.Metadata;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions.StandardResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;

/** Beam's view of {@link MemoryDrive}s, which stand for an object store: no directories. */
public final class MemoryFileSystem extends FileSystem<MemoryFileSystem.Id> {
  /** A wild card, or a character that stands for itself. */
  private static final Pattern GLOB = Pattern.compile("\\*\\*|.", Pattern.DOTALL);

  /** Registers the scheme. */
  @AutoService(FileSystemRegistrar.class)
  public static final class Registrar implements FileSystemRegistrar {
    @Override
    public Iterable<FileSystem<?>> fromOptions(PipelineOptions options) {
      return List.of(new MemoryFileSystem());
    }
  }

  /** A path; directories end in a slash. */
  public record Id(String path) implements ResourceId {
    private static final long serialVersionUID = 1;

    @Override
    public ResourceId resolve(String other, ResolveOptions option) {
      boolean directory = option == StandardResolveOptions.RESOLVE_DIRECTORY;
      return new Id(getCurrentDirectory().toString() + other + (directory ? "/" : ""));
    }

    @Override
    public ResourceId getCurrentDirectory() {
      return isDirectory() ? this : new Id(path.substring(0, path.lastIndexOf('/') + 1));
    }

    @Override
    public String getScheme() {
      return "memory";
    }

    @Override
    public String getFilename() {
      String[] parts = path.split("/");
      return parts[parts.length - 1];
    }

    @Override
    public boolean isDirectory() {
      return path.endsWith("/");
    }

    @Override
    public String toString() {
      return path;
    }
  }

  @Override
  protected List<MatchResult> match(List<String> specs) {
    return specs.stream().map(MemoryFileSystem::match).toList();
  }

  private static MatchResult match(String spec) {
    StringBuilder regex = new StringBuilder();
    Matcher parts = GLOB.matcher(spec);
    while (parts.find()) {
      regex.append(
          switch (parts.group()) {
            case "**" -> ".*";
            case "*" -> "[^/]*";
            case "?" -> "[^/]";
            default -> Pattern.quote(parts.group());
          });
    }
    List<Metadata> found =
        MemoryDrive.of(spec).all().entrySet().stream()
            .filter(file -> file.getKey().matches(regex.toString()))
            .map(file -> metadata(file.getKey(), file.getValue()))
            .toList();
    return found.isEmpty()
        ? MatchResult.create(MatchResult.Status.NOT_FOUND, new FileNotFoundException(spec))
        : MatchResult.create(MatchResult.Status.OK, found);
  }

  private static Metadata metadata(String path, byte[] content) {
    return Metadata.builder()
        .setResourceId(new Id(path))
        .setSizeBytes(content.length)
        .setIsReadSeekEfficient(true)
        .build();
  }

  @Override
  protected WritableByteChannel create(Id file, CreateOptions options) {
    return MemoryDrive.of(file.path()).create(file.path());
  }

  @Override
  protected ReadableByteChannel open(Id file) throws IOException {
    return new MemoryChannel(existing(file));
  }

  private static byte[] existing(Id file) throws IOException {
    byte[] content = MemoryDrive.of(file.path()).find(file.path());
    if (content == null) {
      throw new FileNotFoundException(file.path());
    }
    return content;
  }

  @Override
  protected void copy(List<Id> from, List<Id> to) throws IOException {
    for (int i = 0; i < from.size(); i++) {
      MemoryDrive.of(to.get(i).path()).put(to.get(i).path(), existing(from.get(i)));
    }
  }

  @Override
  protected void rename(List<Id> from, List<Id> to, MoveOptions... options) throws IOException {
    for (int i = 0; i < from.size(); i++) {
      existing(from.get(i));
      MemoryDrive.of(to.get(i).path()).move(from.get(i).path(), to.get(i).path());
    }
  }

  @Override
  protected void delete(Collection<Id> files) throws IOException {
    for (Id file : files) {
      if (!MemoryDrive.of(file.path()).remove(file.path())) {
        throw new FileNotFoundException(file.path());
      }
    }
  }

  @Override
  protected Id matchNewResource(String path, boolean directory) {
    return new Id(directory && !path.endsWith("/") ? path + "/" : path);
  }

  @Override
  protected String getScheme() {
    return "memory";
  }
}

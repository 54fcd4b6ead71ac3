package io.github.slimbeam.pipelines;

import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.PruningWork;
import io.github.slimbeam.transforms.storage.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.ResourceId;

/**
 * The directories that a run makes and removes: one for what passes between its stages, one beside
 * the output for the model that is not yet whole. Both go when the run ends, however it ends.
 *
 * @param work between stages
 * @param staging beside the output
 */
record WorkPlace(String work, String staging) implements AutoCloseable {
  private static final int ATTEMPTS = 10;

  /** The directories of a run. */
  static WorkPlace of(PruningWork work, String output) {
    return new WorkPlace(work.directory(), output.replaceAll("/+$", "") + ".partial-" + work.run());
  }

  /** Where runs make their work directories: where the user says, or beside the output. */
  static String parent(PruneOptions options) {
    if (options.getWorkDirectory() != null) {
      return options.getWorkDirectory();
    }
    String output = options.getOutput().replaceAll("/+$", "");
    int slash = output.lastIndexOf('/');
    return slash < 0 ? "." : output.substring(0, Math.max(1, slash));
  }

  /** Refuses an output that exists, unless it is a pruned model and may be replaced. */
  static void checkOutput(String output, boolean overwrite, String... inputs) throws IOException {
    for (String input : inputs) {
      BadInputException.check(
          !absolute(input).startsWith(absolute(output))
              && !absolute(output).equals(absolute(input)),
          "--output=%s would replace the input %s: choose another directory",
          output,
          input);
    }
    BadInputException.check(
        !isLocal(output) || !Files.isRegularFile(Path.of(output)),
        "--output=%s is a file: expected a directory",
        output);
    List<String> found =
        files(output, "*").stream().map(r -> String.valueOf(r.getFilename())).toList();
    boolean exists = !found.isEmpty() || (isLocal(output) && Files.exists(Path.of(output)));
    BadInputException.check(
        !exists || overwrite,
        "--output=%s exists: choose another directory, or add --overwrite",
        output);
    BadInputException.check(
        isEmpty(output, found) || found.contains("pruning.json"),
        "--output=%s holds no pruned model (no pruning.json there), so --overwrite does not delete it",
        output);
  }

  private static boolean isEmpty(String output, List<String> files) throws IOException {
    if (!isLocal(output) || !Files.isDirectory(Path.of(output))) {
      return files.isEmpty();
    }
    try (Stream<Path> entries = Files.list(Path.of(output))) {
      return entries.findAny().isEmpty();
    }
  }

  /**
   * Removes both directories and all in them. Workers that a failure or Ctrl-C left behind in this
   * JVM may still be writing, so it is tried again for a while.
   */
  @Override
  public void close() {
    for (String directory : List.of(work, staging)) {
      IOException failure = remove(directory);
      for (int i = 0; i < ATTEMPTS && failure != null; i++) {
        failure = remove(directory);
      }
      if (failure != null) {
        System.err.println("could not remove " + directory + ": " + failure.getMessage());
      }
    }
  }

  private static IOException remove(String directory) {
    try {
      new FileSystemsStorage().deleteTree(directory);
      return null;
    } catch (IOException e) {
      LockSupport.parkNanos(100_000_000);
      return e;
    }
  }

  private static List<ResourceId> files(String directory, String pattern) throws IOException {
    MatchResult match =
        FileSystems.match(
            directory.replaceAll("/+$", "") + "/" + pattern, EmptyMatchTreatment.ALLOW);
    return match.status() == MatchResult.Status.NOT_FOUND
        ? List.of()
        : match.metadata().stream().map(MatchResult.Metadata::resourceId).toList();
  }

  private static boolean isLocal(String path) {
    return !path.matches("[a-zA-Z][a-zA-Z0-9+.-]*://.*");
  }

  private static String absolute(String path) {
    return (isLocal(path) ? Path.of(path).toAbsolutePath().normalize().toString() : path)
        .replaceAll("/*$", "/");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.schemas.WorkClaim;
import io.github.slimbeam.transforms.WriteCheckpoint;
import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Sha256;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * The directories that a run makes: one for what passes between its stages, one beside the output
 * for the model that is not yet whole. Both go when the run is finished. When it is not, what was
 * pruned stays for the same command to take up; where nothing was, nothing stays.
 */
final class WorkPlace implements AutoCloseable {
  private static final Storage STORAGE = new FileSystemsStorage();

  private static final int ATTEMPTS = 10;

  private final PruningWork work;
  private final String output;
  private boolean finished;
  private boolean told;

  private WorkPlace(PruningWork work, String output) {
    this.work = work;
    this.output = Storage.withoutSlash(output);
  }

  /** The directories of a run. */
  static WorkPlace of(PruningWork work, String output) {
    return new WorkPlace(work, output);
  }

  /**
   * The work directory of everything that makes this output, so that the same command finds it
   * again: beside it, or where the user says, under a name that no other output has.
   */
  static String directory(PruneOptions options) {
    String output = Storage.withoutSlash(options.getOutput());
    if (options.getWorkDirectory() == null) {
      return output + ".work";
    }
    String hash =
        HexFormat.of()
            .formatHex(Sha256.of(absolute(output).getBytes(StandardCharsets.UTF_8)), 0, 4);
    return Storage.withoutSlash(options.getWorkDirectory())
        + output.substring(Math.max(output.lastIndexOf('/'), 0)).replaceAll("^/?", "/")
        + "-"
        + hash;
  }

  /** To be said when the output is whole: then nothing is kept. */
  void finish() {
    finished = true;
  }

  /** Refuses an output that exists, unless it is a pruned model and may be replaced. */
  static void checkOutput(String output, boolean overwrite) throws IOException {
    BadInputException.check(
        !STORAGE.exists(output), "--output=%s is a file: expected a directory", output);
    List<String> found = STORAGE.list(output, "*");
    boolean isEmpty = found.isEmpty() && isEmptyBelow(output);
    BadInputException.check(
        (isEmpty && !(FilePath.isLocal(output) && Files.exists(FilePath.local(output))))
            || overwrite,
        "--output=%s exists: choose another directory, or add --overwrite",
        output);
    BadInputException.check(
        isEmpty || found.stream().anyMatch(path -> path.endsWith("/pruning.json")),
        "--output=%s holds no pruned model (no pruning.json there), so --overwrite does not delete it",
        output);
  }

  private static boolean isEmptyBelow(String output) throws IOException {
    if (!FilePath.isLocal(output)) {
      return STORAGE.list(output, "*/*").isEmpty();
    }
    if (!Files.isDirectory(FilePath.local(output))) {
      return true;
    }
    try (Stream<Path> entries = Files.list(FilePath.local(output))) {
      return entries.findAny().isEmpty();
    }
  }

  /**
   * Removes what nobody needs, of this run's own files; what another submission claims, or nobody
   * does, is left alone.
   */
  @Override
  public synchronized void close() {
    try {
      WriteCheckpoint.removeStaging(output, work, finished);
      int kept = finished ? 0 : kept();
      if (kept == 0) {
        clear();
      } else if (kept > 0 && !told) {
        told = true;
        System.err.printf(
            Locale.ROOT,
            "%d pruned sub-layers are kept in %s: the same command goes on after them, --restart begins anew%n",
            kept,
            work.directory());
      }
    } catch (IOException | BadInputException e) {
      System.err.println("could not remove what is left of the run: " + e.getMessage());
    }
  }

  /**
   * Workers that a failure left behind in this JVM may come to claim the directory after all: it is
   * looked at again for a while.
   */
  private void clear() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      work.claim().clear();
      STORAGE.deleteEmptyDirectories(work.directory());
      if (!FilePath.isLocal(work.directory()) || !Files.exists(FilePath.local(work.directory()))) {
        return;
      }
      LockSupport.parkNanos(100_000_000);
    }
  }

  /** Finished sub-layers; −1 if another submission holds the directory. */
  private int kept() throws IOException {
    Optional<WorkClaim> claim = work.claim().find();
    if (claim.isPresent() && !claim.get().getSubmission().equals(work.submission())) {
      return -1;
    }
    return work.finished().records().size();
  }

  private static String absolute(String path) {
    return Storage.withoutSlash(
            FilePath.isLocal(path)
                ? FilePath.local(path).toAbsolutePath().normalize().toString()
                : path)
        + "/";
  }
}

package io.github.slimbeam.pipelines;

import io.github.slimbeam.transforms.FileSystemsStorage;
import io.github.slimbeam.transforms.PruningWork;
import io.github.slimbeam.transforms.pruning.PrunedFiles;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;

/**
 * Tells how far a run is, from the records of finished sub-layers in its work directory: so it
 * works for any runner that shares that directory with this machine. On a terminal one line is
 * rewritten; elsewhere each step is a line.
 */
final class Progress implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(300);

  /** An object store takes, and charges, one request for each record. */
  private static final Duration REMOTE_POLL = Duration.ofSeconds(5);

  private final Storage storage = new FileSystemsStorage();
  private final PrintStream out;
  private final boolean terminal;
  private final String directory;
  private final int total;
  private final long begun = System.nanoTime();
  private final Thread thread;
  private int shown = -1;
  private double firstDone = Double.NaN;

  private Progress(PrintStream out, boolean terminal, String directory, int total) {
    this.out = out;
    this.terminal = terminal;
    this.directory = directory;
    this.total = total;
    this.thread = new Thread(this::watch, "progress");
    thread.setDaemon(true);
  }

  /** Begins to watch a run of {@code total} sub-layers. */
  static Progress of(PruningWork work, int total) {
    Progress progress =
        new Progress(System.err, Boolean.getBoolean("slimbeam.terminal"), work.directory(), total);
    progress.thread.start();
    return progress;
  }

  private void watch() {
    try {
      while (true) {
        show(finished());
        Thread.sleep((WorkPlace.isLocal(directory) ? POLL : REMOTE_POLL).toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private int finished() {
    try {
      // The job removes the records when it is done.
      return Math.max(shown, storage.list(storage.resolve(directory, PrunedFiles.RECORDS)).size());
    } catch (IOException | RuntimeException e) {
      // The job itself will say what is wrong with its files.
      return Math.max(shown, 0);
    }
  }

  private synchronized void show(int done) {
    if (!terminal && (done == shown || done == 0)) {
      return;
    }
    shown = done;
    double elapsed = (System.nanoTime() - begun) / 1e9;
    if (done > 0 && Double.isNaN(firstDone)) {
      firstDone = elapsed;
    }
    // What comes before the first sub-layer, starting up and reading, does not come again.
    String remaining =
        done < 2
            ? ""
            : ", about "
                + clock((elapsed - firstDone) / (done - 1) * (total - done))
                + " remaining";
    String line =
        String.format("sub-layer %d of %d, %s elapsed%s", done, total, clock(elapsed), remaining);
    out.print(terminal ? "\r" + line + "\u001b[K" : line + System.lineSeparator());
    out.flush();
  }

  private static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format("%d:%02d", whole / 60, whole % 60)
        : String.format("%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** Stops watching, after a last look. */
  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (terminal) {
      out.print("\r\u001b[K");
      out.flush();
    } else {
      show(finished());
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.transforms.filesystems.FilePath;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.work.PruningWork;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Tells how far a run is, from the records of finished sub-layers in its work directory: so it
 * works for any runner that shares that directory with this machine. On a terminal one line is
 * rewritten; elsewhere each sub-layer is a line.
 */
final class Progress implements AutoCloseable {
  private static final Duration POLL = Duration.ofMillis(300);

  /** An object store takes, and charges, one request for each record. */
  private static final Duration REMOTE_POLL = Duration.ofSeconds(5);

  private final Storage storage = new FileSystemsStorage();
  private final PrintStream out;
  private final boolean terminal;
  private final PruningWork work;
  private final int total;
  private final long begun = System.nanoTime();
  private final Set<String> seen = new HashSet<>();
  private final int before;
  private final Thread thread;
  private String latest = "";
  private double firstDone = Double.NaN;
  private int measured;

  private Progress(PrintStream out, boolean terminal, PruningWork work, int total) {
    this.out = out;
    this.terminal = terminal;
    this.work = work;
    this.total = total;
    this.thread = new Thread(this::watch, "progress");
    thread.setDaemon(true);
    seen.addAll(records());
    before = seen.size();
  }

  /** Begins to watch a run of {@code total} sub-layers. */
  static Progress of(PruningWork work, int total) {
    Progress progress =
        new Progress(System.err, Boolean.getBoolean("slimbeam.terminal"), work, total);
    progress.thread.start();
    return progress;
  }

  private void watch() {
    try {
      while (true) {
        look();
        Thread.sleep((FilePath.isLocal(work.directory()) ? POLL : REMOTE_POLL).toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<String> records() {
    try {
      return work.finished().records();
    } catch (IOException | RuntimeException e) {
      // The job itself will say what is wrong with its files.
      return List.of();
    }
  }

  private int curves() {
    try {
      return work.finished().curves();
    } catch (IOException | RuntimeException e) {
      return 0;
    }
  }

  private synchronized void look() {
    int now = seen.size() == before ? curves() : measured;
    if (now > measured) {
      measured = now;
      latest = String.format(Locale.ROOT, "dense pass, sub-layer %d of %d; ", measured, total);
      if (!terminal) {
        out.println(line());
      }
    }
    for (String record : records()) {
      if (seen.add(record)) {
        latest = describe(record);
        if (Double.isNaN(firstDone)) {
          firstDone = elapsed();
        }
        if (!terminal) {
          out.println(line());
        }
      }
    }
    if (terminal) {
      out.print("\r" + line() + "\u001b[K");
    }
    out.flush();
  }

  private String describe(String record) {
    try {
      return RecordFile.find(storage, record, PrunedSublayer.class)
          .map(PrunedSublayer::getReport)
          .map(
              report ->
                  String.format(
                      Locale.ROOT,
                      "layer %d %s: %d of %d units kept, error %.5f%s; ",
                      report.getSublayer().getLayer(),
                      report.getSublayer().getKind(),
                      report.getKept().size(),
                      report.getUnits(),
                      report.getReconstructionError(),
                      report.getDampingRaised() == 0
                          ? ""
                          : ", damping raised to " + report.getDamping()))
          .orElse("");
    } catch (IOException | BadInputException e) {
      // The job itself says what is wrong with its files.
      return "";
    }
  }

  private String line() {
    int done = seen.size();
    int fresh = done - before;
    // What comes before the first sub-layer, starting up and reading, does not come again.
    String remaining =
        fresh < 2
            ? ""
            : ", about "
                + clock((elapsed() - firstDone) / (fresh - 1) * (total - done))
                + " remaining";
    return String.format(
        Locale.ROOT,
        "%ssub-layer %d of %d, %s elapsed%s",
        latest,
        done,
        total,
        clock(elapsed()),
        remaining);
  }

  private double elapsed() {
    return (System.nanoTime() - begun) / 1e9;
  }

  private static String clock(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
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
    look();
    if (terminal) {
      out.print("\r\u001b[K");
      out.flush();
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import io.github.slimbeam.schemas.RecipeOption;
import io.github.slimbeam.schemas.WorkClaim;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The right to work in a directory that outlives a run. The same run may be submitted again, while
 * a former submission is dead, unreachable, or still at work: the latest one holds the claim, and
 * the workers of any other stop when they look. What the directory holds is taken up only by a run
 * that would have made the same.
 *
 * @param storage where the directory is
 * @param directory the work directory
 * @param submission this submission, {@code NUMBER-ID}, see {@link #next}
 */
public record Claim(Storage storage, String directory, String submission) implements Serializable {
  private static final String FILE = "claim.avro";
  private static final int ATTEMPTS = 10;
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  /**
   * A submission that comes after the one that holds a directory now, if any does. Clocks have no
   * part in it. Of two that find the same at once, the first to take the directory holds it.
   */
  public static String next(Storage storage, String directory) throws IOException {
    long number = 0;
    try {
      number =
          new Claim(storage, directory, "").find().map(c -> number(c.getSubmission())).orElse(0L);
    } catch (BadInputException e) {
      // Damaged: who takes the directory is told so, and who clears it need not read it.
      number = 0;
    }
    String id = UUID.randomUUID().toString().substring(0, 8);
    return String.format(Locale.ROOT, "%010d-%s", number + 1, id);
  }

  private static long number(String submission) {
    Matcher number = NUMBER.matcher(submission);
    return number.lookingAt() ? Long.parseLong(number.group()) : 0;
  }

  /** The claim that is kept in the directory. */
  public Optional<WorkClaim> find() throws IOException {
    return RecordFile.find(storage, path(), WorkClaim.class);
  }

  /**
   * Takes the directory over for this submission. One that nobody claims must be empty: what is in
   * it is somebody's.
   *
   * @param run everything that decides what will be computed there
   * @throws BadInputException if it was begun by another run, a later submission holds it, or it
   *     holds files and no claim
   */
  public void take(List<RecipeOption> run) throws IOException {
    Optional<WorkClaim> found = findOrWait();
    List<String> former = new ArrayList<>();
    if (found.isPresent()) {
      refuseLater(found.get());
      refuseOther(found.get().getRun(), run);
      former.addAll(found.get().getFormer());
      former.add(found.get().getSubmission());
      former.remove(submission);
    } else {
      refuseForeign();
    }
    RecordFile.write(storage, path(), new WorkClaim(submission, former, run));
  }

  /** Where renaming over a file is no single step, a claim that is being replaced is not seen. */
  private Optional<WorkClaim> findOrWait() throws IOException {
    Optional<WorkClaim> found = find();
    if (found.isPresent() || foreign().isEmpty()) {
      return found;
    }
    LockSupport.parkNanos(1_000_000_000);
    return find();
  }

  /**
   * Refuses a directory that holds files but no claim, and touches nothing in it.
   *
   * @throws BadInputException naming one of them
   */
  public void refuseForeign() throws IOException {
    if (storage.exists(path())) {
      return;
    }
    List<String> foreign = foreign();
    BadInputException.check(
        foreign.isEmpty(),
        "%s is no work directory of a run (it has no %s) and holds files, such as %s: move them away, or choose another"
            + " place with ⟨workDirectory⟩ or ⟨output⟩",
        directory,
        FILE,
        foreign.isEmpty() ? "" : foreign.get(0));
  }

  /** Files other than what an attempt to claim that was cut off may leave. */
  private List<String> foreign() throws IOException {
    List<String> files = new ArrayList<>(storage.list(directory, "**"));
    files.removeAll(storage.list(directory, FILE + ".*.partial"));
    return files;
  }

  /**
   * Deletes what a run keeps in the directory, the claim last, and the directory if nothing else is
   * in it. Without a claim nothing is deleted, and never a file that is not of a run's layout.
   *
   * @throws BadInputException if the directory holds files and no claim
   */
  public void clear() throws IOException {
    refuseForeign();
    if (!storage.exists(path())) {
      return;
    }
    clearData();
    storage.delete(List.of(path()));
    storage.deleteEmptyDirectories(directory);
  }

  /** Deletes what a run keeps in the directory, but not the claim. */
  private void clearData() throws IOException {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      List<String> ours = new ArrayList<>(WorkLayout.files(storage, directory));
      ours.remove(path());
      // Records before what they speak of: whoever is stopped in the middle leaves none of nothing.
      List<String> records = new ArrayList<>(ours);
      records.removeIf(path -> !path.endsWith(".avro"));
      records.sort(Comparator.reverseOrder());
      if (ours.isEmpty()) {
        break;
      }
      // Workers that a failure or Ctrl-C left behind in this JVM may still be writing.
      LockSupport.parkNanos(attempt * 100_000_000L);
      storage.delete(records);
      storage.delete(ours);
    }
  }

  /**
   * Drops what former submissions left, if there were any, because nobody knows any more what it
   * was made from.
   */
  public void dropFormer() throws IOException {
    Optional<WorkClaim> found = find();
    if (found.isPresent()
        && found.get().getSubmission().equals(submission)
        && !found.get().getFormer().isEmpty()) {
      clearData();
    }
  }

  /**
   * Takes over what a former submission holds, before this one's job comes to {@link #take}: the
   * workers of the other stop at their next look, and leave their slots to this one's.
   */
  public void takeOver() throws IOException {
    Optional<WorkClaim> found = find();
    if (found.isPresent()) {
      take(found.get().getRun());
    }
  }

  /**
   * Refuses to go on where a later submission holds the directory. A directory without any claim is
   * nobody's, so anybody's.
   */
  public void check() throws IOException {
    Optional<WorkClaim> found = find();
    if (found.isPresent()) {
      refuseLater(found.get());
    }
  }

  /** Refuses to take up what a run that was asked something else began, and says what differs. */
  public void refuseOther(List<RecipeOption> begun, List<RecipeOption> asked) {
    Map<String, String> before = byName(begun);
    Map<String, String> now = byName(asked);
    Set<String> names = new LinkedHashSet<>(before.keySet());
    names.addAll(now.keySet());
    names.removeIf(name -> before.getOrDefault(name, "").equals(now.getOrDefault(name, "")));
    List<String> differences =
        names.stream()
            .map(
                name ->
                    name
                        + " was "
                        + before.getOrDefault(name, "not given")
                        + ", is "
                        + now.getOrDefault(name, "not given"))
            .toList();
    BadInputException.check(
        differences.isEmpty(),
        "%s holds an unfinished run that was asked something else: %s. Ask the same to continue it,"
            + " or begin anew with ⟨restart⟩",
        directory,
        String.join("; ", differences));
  }

  private void refuseLater(WorkClaim found) {
    BadInputException.check(
        found.getSubmission().equals(submission)
            || number(found.getSubmission()) < number(submission),
        "%s was taken over by a later submission of the same run (%s), which goes on with it: this one (%s) stops",
        directory,
        found.getSubmission(),
        submission);
  }

  private static Map<String, String> byName(List<RecipeOption> options) {
    Map<String, String> byName = new LinkedHashMap<>();
    options.forEach(option -> byName.put(option.getName(), option.getValue()));
    return byName;
  }

  private String path() {
    return storage.resolve(directory, FILE);
  }
}

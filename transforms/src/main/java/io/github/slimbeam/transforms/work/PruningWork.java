// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.transforms.forward.Batches;
import io.github.slimbeam.transforms.forward.Compute;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.statistics.TileGrid;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchDevice;
import java.io.IOException;
import java.io.Serializable;
import java.util.UUID;

/**
 * Where a pruning run reads and works: what all of its transforms agree on.
 *
 * <p>The work directory holds the windows, hidden states and tiles while they are needed, and what
 * was pruned. Whatever stopped a run, the same run begun again in the same directory goes on after
 * the last finished sub-layer; see {@code ClaimWork} for when it may.
 *
 * @param storage where both are
 * @param model directory of the dense model
 * @param directory the run's own directory, seen by all workers
 * @param submission this submission of the run, see {@link Claim#next}
 * @param shards how the calibration sequences are divided; at least the number of workers. It must
 *     not follow the parallelism, or the sums would be taken in another order
 * @param tileSize width of the tiles in which moments are added up
 * @param batchTokens computed at once in forward passes, unless one sequence alone is longer
 * @param device what workers compute on: auto, cpu or cuda:N, see {@link TorchDevice}
 * @param compute what the linears of calibration's forward passes are computed in
 */
public record PruningWork(
    Storage storage,
    String model,
    String directory,
    String submission,
    int shards,
    int tileSize,
    int batchTokens,
    String device,
    Compute compute)
    implements Serializable {
  private static final int DEFAULT_SHARDS = 16;

  public PruningWork {
    check(shards > 0, "⟨shards⟩=%d: expected a positive number", shards);
    check(
        tileSize > 0 && tileSize <= 1408,
        "tile size %d: expected 1 to 1408, which makes 16 MB",
        tileSize);
    check(batchTokens > 0, "%d tokens in a batch: expected a positive number", batchTokens);
    TorchDevice.check(device);
  }

  /** A run in a fresh directory below {@code parent}, so one that nothing can be taken up from. */
  public static PruningWork of(Storage storage, String model, String parent) {
    String id = UUID.randomUUID().toString().substring(0, 8);
    return first(storage, model, Storage.withoutSlash(parent) + "/slim-" + id, "1-" + id);
  }

  /**
   * A run in this directory, in 16 shards and tiles of the default size: a new one, or what a
   * former submission left unfinished there.
   */
  public static PruningWork at(Storage storage, String model, String directory) throws IOException {
    return first(storage, model, directory, Claim.next(storage, directory));
  }

  private static PruningWork first(
      Storage storage, String model, String directory, String submission) {
    return new PruningWork(
        storage,
        model,
        directory,
        submission,
        DEFAULT_SHARDS,
        TileGrid.DEFAULT_TILE_SIZE,
        Batches.MAX_TOKENS,
        "auto",
        Compute.FLOAT32);
  }

  /** The same run with another number of shards. */
  public PruningWork withShards(int number) {
    return new PruningWork(
        storage, model, directory, submission, number, tileSize, batchTokens, device, compute);
  }

  /** The same run with other tiles. */
  public PruningWork withTileSize(int width) {
    return new PruningWork(
        storage, model, directory, submission, shards, width, batchTokens, device, compute);
  }

  /** The same run with other batches. */
  public PruningWork withBatchTokens(int tokens) {
    return new PruningWork(
        storage, model, directory, submission, shards, tileSize, tokens, device, compute);
  }

  /** The same run on another device. */
  public PruningWork on(String name) {
    return new PruningWork(
        storage, model, directory, submission, shards, tileSize, batchTokens, name, compute);
  }

  /** The same run with its forward passes in this. */
  public PruningWork computing(Compute kind) {
    return new PruningWork(
        storage, model, directory, submission, shards, tileSize, batchTokens, device, kind);
  }

  /** What is done of the run already. */
  public Finished finished() {
    return new Finished(storage, directory);
  }

  /** This submission's claim on the directory. */
  public Claim claim() {
    return new Claim(storage, directory, submission);
  }

  /** Whether the windows of all shards are kept, so that {@code ReadWindows} has them. */
  public boolean hasWindows() throws IOException {
    return finished().hasWindows(shards);
  }

  public WindowFiles windows() {
    return new WindowFiles(storage, directory);
  }

  /** The dense model, to be worked on unless a later submission holds the directory. */
  public Model open() throws IOException {
    claim().check();
    return Model.open(storage, model);
  }

  public HiddenStateFiles hiddenStates() {
    return HiddenStateFiles.pruned(storage, directory);
  }

  /**
   * The dense model's states: a dense pass that plans follow from leaves them, or a run takes them
   * along.
   */
  public HiddenStateFiles denseStates() {
    return HiddenStateFiles.dense(storage, directory);
  }

  public AttentionOutputFiles attentionOutputs() {
    return new AttentionOutputFiles(storage, directory);
  }

  /** The moments of a dense pass that plans follow from: it goes ahead of the others. */
  public TileFiles measuredTiles() {
    return TileFiles.measured(storage, directory);
  }

  public TileFiles tiles() {
    return TileFiles.pruned(storage, directory);
  }
}

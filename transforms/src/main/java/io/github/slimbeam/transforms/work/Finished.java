// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.PruningPlan;
import io.github.slimbeam.schemas.RemovalCurve;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.WeightHashes;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What is done of a run already, by any attempt and any submission: every step asks here before it
 * works. The answer is in the files of the work directory alone, each of which is there whole or
 * not at all.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 */
public record Finished(Storage storage, String directory) implements Serializable {
  private static final long serialVersionUID = 1;

  /** The hashes of the dense weights. */
  public Optional<WeightHashes> weights() throws IOException {
    return RecordFile.find(storage, weightsFile(), WeightHashes.class);
  }

  /** Keeps the hashes of the dense weights. */
  public void keep(WeightHashes weights) throws IOException {
    RecordFile.write(storage, weightsFile(), weights);
  }

  /**
   * Whether a former job of the run left the windows of all these shards. Where the weights are not
   * known yet, claiming the directory drops what is in it, so they do not count.
   */
  public boolean hasWindows(int shards) throws IOException {
    return storage.exists(weightsFile()) && new WindowFiles(storage, directory).hasAll(shards);
  }

  /** The plan that a dense pass made. */
  public Optional<PruningPlan> plan() throws IOException {
    return RecordFile.find(storage, planFile(), PruningPlan.class);
  }

  /** Whether there is one; cheaper than {@link #plan}. */
  public boolean hasPlan() throws IOException {
    return storage.exists(planFile());
  }

  /** Keeps the plan that a dense pass made. */
  public void keep(PruningPlan plan) throws IOException {
    RecordFile.write(storage, planFile(), plan);
  }

  /** What a dense pass says of one sub-layer, for plans that follow from all of them. */
  public Optional<RemovalCurve> curve(SublayerKey key) throws IOException {
    return RecordFile.find(storage, curveFile(key), RemovalCurve.class);
  }

  /** Whether nobody needs the sums of the dense pass for a sub-layer any more. */
  public boolean hasCurve(SublayerKey key) throws IOException {
    return hasPlan() || storage.exists(curveFile(key));
  }

  /** How many sub-layers a dense pass has measured. */
  public int curves() throws IOException {
    return storage.list(directory, "curves/*.avro").size();
  }

  /** Keeps what a dense pass says of one sub-layer. */
  public void keep(RemovalCurve curve) throws IOException {
    RecordFile.write(storage, curveFile(curve.getSublayer()), curve);
  }

  /**
   * A shard of a stage: its states, or what stands for them where the sub-layer that they enter is
   * pruned, so that nobody needs them.
   */
  public Optional<HiddenStates> states(int stage, int shard) throws IOException {
    HiddenStateFiles files = HiddenStateFiles.pruned(storage, directory);
    return isPruned(HiddenStateFiles.sublayerEntered(stage))
        ? Optional.of(files.spent(stage, shard))
        : files.find(stage, shard);
  }

  /** The record of a sub-layer that is pruned. */
  public Optional<PrunedSublayer> sublayer(SublayerKey key) throws IOException {
    return sublayers().find(key);
  }

  /** Whether a sub-layer is pruned; cheaper than {@link #sublayer}. */
  public boolean isPruned(SublayerKey key) throws IOException {
    return sublayers().has(key);
  }

  /**
   * The record of a sub-layer before the one at hand.
   *
   * @throws BadInputException if there is none
   */
  public PrunedSublayer former(SublayerKey key) throws IOException {
    return sublayer(key)
        .orElseThrow(
            () ->
                new BadInputException(
                    String.format(
                        Locale.ROOT,
                        "%s: layer %d %s is not pruned yet, or its record was removed",
                        directory,
                        key.getLayer(),
                        key.getKind())));
  }

  /** Decoder layers, from the first on, of which both sub-layers are pruned. */
  public int layers(int layers) throws IOException {
    int finished = 0;
    while (finished < layers
        && isPruned(new SublayerKey(finished, SublayerKind.ATTENTION))
        && isPruned(new SublayerKey(finished, SublayerKind.FFN))) {
      finished++;
    }
    return finished;
  }

  /** The files of all pruned sub-layers' records. */
  public List<String> records() throws IOException {
    return storage.list(directory, PrunedFiles.RECORDS);
  }

  /** Whether the whole run is. */
  public boolean isWritten() throws IOException {
    return storage.exists(writtenFile());
  }

  /** Where the result's record goes. */
  public String writtenFile() {
    return storage.resolve(directory, "written.avro");
  }

  private PrunedFiles sublayers() {
    return new PrunedFiles(storage, directory);
  }

  private String weightsFile() {
    return storage.resolve(directory, "weights.avro");
  }

  private String curveFile(SublayerKey key) {
    return storage.resolve(
        directory,
        String.format(Locale.ROOT, "curves/%04d-%s.avro", key.getLayer(), key.getKind()));
  }

  private String planFile() {
    return storage.resolve(directory, "plan.avro");
  }
}

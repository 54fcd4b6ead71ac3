// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.transforms.storage.RecordFile;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.io.Serializable;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;

/**
 * Pruned sub-layers in the work directory: new weights in a safetensors file, and a record that is
 * written last. Once there, a record is what every worker, attempt and submission goes by; see
 * {@link Finished}.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 */
public record PrunedFiles(Storage storage, String directory) implements Serializable {
  /** Matches every record, below the work directory. */
  static final String RECORDS = "pruned/*.avro";

  /** The record of a sub-layer that is finished. */
  Optional<PrunedSublayer> find(SublayerKey key) throws IOException {
    return RecordFile.find(storage, record(key), PrunedSublayer.class);
  }

  /** Whether a sub-layer is finished; cheaper than {@link #find}. */
  boolean has(SublayerKey key) throws IOException {
    return storage.exists(record(key));
  }

  /** Calls a sub-layer finished; its weights must have been written. */
  public void finish(PrunedSublayer pruned) throws IOException {
    RecordFile.write(storage, record(pruned.getReport().getSublayer()), pruned);
  }

  /**
   * Where an attempt writes its weights. No two attempts share a file, so one that was given up but
   * is still alive cannot change what another's record speaks of.
   */
  public String newWeights(SublayerKey key) {
    String attempt = UUID.randomUUID().toString().substring(0, 8);
    return storage.resolve(directory, name(key) + "-" + attempt + ".safetensors");
  }

  private String record(SublayerKey key) {
    return storage.resolve(directory, name(key) + ".avro");
  }

  private static String name(SublayerKey key) {
    return String.format(Locale.ROOT, "pruned/%04d-%s", key.getLayer(), key.getKind());
  }
}

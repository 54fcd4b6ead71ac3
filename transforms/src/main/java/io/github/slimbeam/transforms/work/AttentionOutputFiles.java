// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the heads of a layer's dense attention give, [tokens, queries], one file a shard: from where
 * moments are summed to where states pass the pruned attention, which takes of it what the kept
 * heads gave and computes none of it again.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 */
public record AttentionOutputFiles(Storage storage, String directory) implements Serializable {
  private static final String TENSOR = "attention_outputs";

  /** Writes those of a shard; the same again if it was done before. */
  public void write(int layer, int shard, NDArray outputs) throws IOException {
    file(layer, shard).write(outputs, Map.of());
  }

  /**
   * Reads those of a shard.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if they are missing or damaged
   */
  public NDArray read(TorchScope scope, int layer, int shard) throws IOException {
    return ShardFile.read(scope, storage, file(layer, shard).get().reference());
  }

  /** Deletes those of a shard that nobody needs any longer. */
  public void delete(int layer, int shard) throws IOException {
    storage.delete(List.of(file(layer, shard).path()));
  }

  private ShardFile file(int layer, int shard) {
    String name =
        String.format(Locale.ROOT, "attention-outputs/%04d/%05d.safetensors", layer, shard);
    return new ShardFile(storage, storage.resolve(directory, name), TENSOR);
  }
}

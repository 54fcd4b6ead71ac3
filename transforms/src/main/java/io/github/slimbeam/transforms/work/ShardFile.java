// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A safetensors file of one F32 tensor, of a shard's tokens, that says its own checksum: whoever
 * knows its path needs nothing else.
 *
 * @param storage where it is
 * @param path of the file
 * @param tensor its name
 */
record ShardFile(Storage storage, String path, String tensor) {
  private static final String CHECKSUM = "crc32c";

  /** What is in the file. */
  record Found(TensorReference reference, Map<String, String> metadata) {}

  /** Writes it whole. */
  TensorReference write(NDArray values, Map<String, String> metadata) throws IOException {
    Map<String, String> all = new HashMap<>(metadata);
    String checksum = TensorBytes.checksum(values, DType.F32);
    all.put(CHECKSUM, checksum);
    SafetensorsWriter.Source source = TensorBytes.source(tensor, values, DType.F32);
    storage.write(path, channel -> SafetensorsWriter.write(channel, all, List.of(source)));
    return new TensorReference(path, tensor, DType.F32, source.shape(), checksum);
  }

  /** What it holds, if it has been written whole. */
  Optional<Found> find() throws IOException {
    if (!storage.exists(path)) {
      return Optional.empty();
    }
    try (SafetensorsFile file = SafetensorsFile.open(storage, path)) {
      Map<String, String> metadata = file.header().metadata();
      return Optional.of(
          new Found(
              new TensorReference(
                  path,
                  tensor,
                  DType.F32,
                  file.entry(tensor).shape(),
                  metadata.getOrDefault(CHECKSUM, "")),
              metadata));
    }
  }

  /** As {@link #find}, where it must be there. */
  Found get() throws IOException {
    return find()
        .orElseThrow(
            () ->
                new BadInputException(
                    path + ": missing: the work directory was changed during the run"));
  }

  /**
   * Reads a tensor that such a file holds, and checks it against its checksum.
   *
   * @throws BadInputException if the file was damaged
   */
  static NDArray read(TorchScope scope, Storage storage, TensorReference reference)
      throws IOException {
    try {
      return TensorBytes.load(scope, storage, reference);
    } catch (BadInputException e) {
      throw new BadInputException(
          e.text().marked()
              + ". Delete that file and give the same command again: it is computed anew from what came before it",
          e);
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Hidden states between sub-layers, one safetensors file a stage and shard, named by both, so that
 * a repeated attempt finds or replaces its own output and a shard can be found by whoever knows its
 * number.
 *
 * @param storage where the work directory is
 * @param directory the work directory
 */
public record HiddenStateFiles(Storage storage, String directory) implements Serializable {
  private static final String TENSOR = "hidden_states";
  private static final String LENGTHS = "lengths";
  private static final String CHECKSUM = "crc32c";

  /** The stage whose states enter a sub-layer. */
  public static int stageEntering(SublayerKey sublayer) {
    return 2 * sublayer.getLayer() + (sublayer.getKind() == SublayerKind.ATTENTION ? 0 : 1);
  }

  /** The sub-layer that the states of a stage enter. */
  public static SublayerKey sublayerEntered(int stage) {
    return new SublayerKey(stage / 2, stage % 2 == 0 ? SublayerKind.ATTENTION : SublayerKind.FFN);
  }

  /**
   * Stands for a shard of a stage that nobody needs any more, since the sub-layer it enters was
   * pruned by a former attempt: its file may be gone.
   */
  public HiddenStates spent(int stage, int shard) {
    return reference(stage, shard, List.of(), path(stage, shard), List.of(0L), "");
  }

  /** Writes a shard's states [tokens, hidden] and says where. */
  public HiddenStates write(int stage, int shard, List<Integer> lengths, NDArray states)
      throws IOException {
    String path = path(stage, shard);
    String checksum = TensorBytes.checksum(states, DType.F32);
    Map<String, String> metadata =
        Map.of(
            LENGTHS,
            lengths.stream().map(String::valueOf).collect(Collectors.joining(",")),
            CHECKSUM,
            checksum);
    SafetensorsWriter.Source source = TensorBytes.source(TENSOR, states, DType.F32);
    storage.write(path, channel -> SafetensorsWriter.write(channel, metadata, List.of(source)));
    return reference(stage, shard, lengths, path, source.shape(), checksum);
  }

  /** The shard's states if they have been written whole. */
  public Optional<HiddenStates> find(int stage, int shard) throws IOException {
    String path = path(stage, shard);
    if (!storage.exists(path)) {
      return Optional.empty();
    }
    try (SafetensorsFile file = SafetensorsFile.open(storage, path)) {
      Map<String, String> metadata = file.header().metadata();
      List<Integer> lengths =
          Arrays.stream(metadata.getOrDefault(LENGTHS, "").split(","))
              .filter(s -> !s.isEmpty())
              .map(Integer::valueOf)
              .toList();
      return Optional.of(
          reference(
              stage,
              shard,
              lengths,
              path,
              file.entry(TENSOR).shape(),
              metadata.getOrDefault(CHECKSUM, "")));
    }
  }

  /** As {@link #find}, where it must be there. */
  public HiddenStates get(int stage, int shard) throws IOException {
    Optional<HiddenStates> found = find(stage, shard);
    check(
        found.isPresent(),
        "%s: missing: the work directory was changed during the run",
        path(stage, shard));
    return found.orElseThrow();
  }

  /**
   * Reads states and checks them against their checksum.
   *
   * @throws BadInputException if the file was damaged
   */
  public NDArray read(TorchScope scope, HiddenStates states) throws IOException {
    try {
      return TensorBytes.load(scope, storage, states.getStates());
    } catch (BadInputException e) {
      throw new BadInputException(
          e.text().marked()
              + ". Delete that file and give the same command again: it is computed anew from what came before it",
          e);
    }
  }

  /** Deletes a shard of a stage that is no longer needed. */
  public void delete(int stage, int shard) throws IOException {
    storage.delete(List.of(path(stage, shard)));
  }

  private String path(int stage, int shard) {
    return storage.resolve(
        directory, String.format(Locale.ROOT, "hidden-states/%04d/%05d.safetensors", stage, shard));
  }

  private static HiddenStates reference(
      int stage, int shard, List<Integer> lengths, String path, List<Long> shape, String checksum) {
    return new HiddenStates(
        stage, shard, lengths, new TensorReference(path, TENSOR, DType.F32, shape, checksum));
  }
}

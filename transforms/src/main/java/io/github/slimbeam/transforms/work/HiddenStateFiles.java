// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.storage.Storage;
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
 * @param folder below it
 */
public record HiddenStateFiles(Storage storage, String directory, String folder)
    implements Serializable {
  private static final String TENSOR = "hidden_states";
  private static final String LENGTHS = "lengths";

  /** Those of the model that is being pruned. */
  public static HiddenStateFiles pruned(Storage storage, String directory) {
    return new HiddenStateFiles(storage, directory, "hidden-states");
  }

  /**
   * Those of the dense model for the same tokens; of the first stage there are none, as they are
   * the others.
   */
  public static HiddenStateFiles dense(Storage storage, String directory) {
    return new HiddenStateFiles(storage, directory, "dense-states");
  }

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
    return new HiddenStates(
        stage,
        shard,
        List.of(),
        new TensorReference(path(stage, shard), TENSOR, DType.F32, List.of(0L), ""));
  }

  /** Writes a shard's states [tokens, hidden] and says where. */
  public HiddenStates write(int stage, int shard, List<Integer> lengths, NDArray states)
      throws IOException {
    String joined = lengths.stream().map(String::valueOf).collect(Collectors.joining(","));
    return new HiddenStates(
        stage, shard, lengths, file(stage, shard).write(states, Map.of(LENGTHS, joined)));
  }

  /** The shard's states if they have been written whole. */
  public Optional<HiddenStates> find(int stage, int shard) throws IOException {
    return file(stage, shard).find().map(found -> states(stage, shard, found));
  }

  /** As {@link #find}, where it must be there. */
  public HiddenStates get(int stage, int shard) throws IOException {
    return states(stage, shard, file(stage, shard).get());
  }

  private static HiddenStates states(int stage, int shard, ShardFile.Found found) {
    List<Integer> lengths =
        Arrays.stream(found.metadata().getOrDefault(LENGTHS, "").split(","))
            .filter(s -> !s.isEmpty())
            .map(Integer::valueOf)
            .toList();
    return new HiddenStates(stage, shard, lengths, found.reference());
  }

  /**
   * Reads states and checks them against their checksum.
   *
   * @throws io.github.slimbeam.transforms.storage.BadInputException if the file was damaged
   */
  public NDArray read(TorchScope scope, HiddenStates states) throws IOException {
    return ShardFile.read(scope, storage, states.getStates());
  }

  /** Deletes a shard of a stage that is no longer needed. */
  public void delete(int stage, int shard) throws IOException {
    storage.delete(List.of(path(stage, shard)));
  }

  private String path(int stage, int shard) {
    return storage.resolve(
        directory, String.format(Locale.ROOT, "%s/%04d/%05d.safetensors", folder, stage, shard));
  }

  private ShardFile file(int stage, int shard) {
    return new ShardFile(storage, path(stage, shard), TENSOR);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HiddenStateFilesTest {
  @TempDir Path directory;
  private HiddenStateFiles files;

  @BeforeEach
  void open() {
    files = HiddenStateFiles.pruned(ExampleModel.STORAGE, directory.toString());
  }

  @Test
  void aStageIsTheSublayersPlaceInTheOrderOfWork() {
    assertThat(HiddenStateFiles.stageEntering(new SublayerKey(0, SublayerKind.ATTENTION))).isZero();
    assertThat(HiddenStateFiles.stageEntering(new SublayerKey(0, SublayerKind.FFN))).isOne();
    assertThat(HiddenStateFiles.stageEntering(new SublayerKey(3, SublayerKind.FFN))).isEqualTo(7);
  }

  @Test
  void whatWasWrittenIsFoundAndRead() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      HiddenStates written = write(scope, 3, 5);
      assertThat(written.getLengths()).containsExactly(2, 1);
      assertThat(written.getStates().getShape()).containsExactly(3L, 2L);
      assertThat(files.find(3, 5)).contains(written);
      assertThat(files.get(3, 5)).isEqualTo(written);
      assertThat(files.read(scope, written).toFloatArray()).containsExactly(1, 2, 3, 4, 5, 6);
    }
  }

  @Test
  void aShardWithoutSequencesIsAFileToo() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      HiddenStates written = files.write(0, 0, List.of(), scope.zeros(DataType.FLOAT32, 0, 2));
      assertThat(files.find(0, 0)).contains(written);
      assertThat(files.read(scope, written).getShape().getShape()).containsExactly(0, 2);
    }
  }

  @Test
  void writingAgainReplacesAndLeavesNothingElse() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      assertThat(write(scope, 1, 1)).isEqualTo(write(scope, 1, 1));
    }
    try (Stream<Path> found = Files.walk(directory)) {
      assertThat(found.filter(Files::isRegularFile).map(p -> p.getFileName().toString()))
          .containsExactly("00001.safetensors");
    }
  }

  @Test
  void whatIsAbsentIsSaidToBeMissingOnlyIfItMustBeThere() throws IOException {
    assertThat(files.find(2, 7)).isEmpty();
    assertThatThrownBy(() -> files.get(2, 7))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            directory
                + "/hidden-states/0002/00007.safetensors: missing: the work directory was changed during the run");
    try (TorchScope scope = TorchScope.open()) {
      write(scope, 2, 7);
      files.delete(2, 7);
      files.delete(2, 7);
      assertThat(files.find(2, 7)).isEmpty();
    }
  }

  @Test
  void damagedStatesAreRefused() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      HiddenStates written = write(scope, 0, 0);
      Path path = Path.of(written.getStates().getPath());
      byte[] bytes = Files.readAllBytes(path);
      bytes[bytes.length - 3] ^= 4;
      Files.write(path, bytes);
      assertThatThrownBy(() -> files.read(scope, written))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(path + ": tensor hidden_states has checksum ")
          .hasMessageEndingWith(
              ": the file is damaged. Delete that file and give the same command again: it is computed anew from what came before it");
    }
  }

  private HiddenStates write(TorchScope scope, int stage, int shard) throws IOException {
    NDArray states = scope.float64(new double[] {1, 2, 3, 4, 5, 6}, 3, 2);
    return files.write(stage, shard, List.of(2, 1), states.toType(DataType.FLOAT32, false));
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.work;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AttentionOutputFilesTest {
  @TempDir private Path directory;

  @Test
  void whatIsWrittenIsRead() throws IOException {
    AttentionOutputFiles files = files();
    try (TorchScope scope = TorchScope.open()) {
      files.write(3, 12, outputs(scope));
      assertThat(file()).isNotEmptyFile();
      assertThat(files.read(scope, 3, 12).toFloatArray()).containsExactly(1, -2, 0.5f, 4);
      files.delete(3, 12);
      assertThat(file()).doesNotExist();
    }
  }

  @Test
  void whatIsMissingOrDamagedIsNamed() throws IOException {
    AttentionOutputFiles files = files();
    try (TorchScope scope = TorchScope.open()) {
      assertThatThrownBy(() -> files.read(scope, 3, 12))
          .isInstanceOf(BadInputException.class)
          .hasMessage(file() + ": missing: the work directory was changed during the run");
      files.write(3, 12, outputs(scope));
      byte[] bytes = Files.readAllBytes(file());
      bytes[bytes.length - 1] ^= 1;
      Files.write(file(), bytes);
      assertThatThrownBy(() -> files.read(scope, 3, 12))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(file() + ": tensor attention_outputs has checksum ")
          .hasMessageContaining("Delete that file and give the same command again");
    }
  }

  private static NDArray outputs(TorchScope scope) {
    return scope.float64(new double[] {1, -2, 0.5, 4}, 2, 2).toType(DataType.FLOAT32, false);
  }

  private AttentionOutputFiles files() {
    return new AttentionOutputFiles(new FileSystemsStorage(), directory.toString());
  }

  private Path file() {
    return directory.resolve("attention-outputs/0003/00012.safetensors");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.filesystems;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.ReadTexts;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.storage.StorageContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileSystemsStorageTest {
  private static final Storage STORAGE = new FileSystemsStorage();

  @BeforeEach
  void registerFileSystems() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Nested
  class OnTheLocalFileSystem implements StorageContract {
    @TempDir private Path directory;

    @Override
    public Storage storage() {
      return STORAGE;
    }

    @Override
    public String root() {
      return directory.toString();
    }

    @Override
    public List<String> everything() throws IOException {
      try (Stream<Path> paths = Files.walk(directory)) {
        return paths.filter(p -> !p.equals(directory)).map(Path::toString).toList();
      }
    }
  }

  /** Without directories, as object stores are. */
  @Nested
  class InMemory implements StorageContract {
    private final MemoryDrive drive = MemoryDrive.open();

    @AfterEach
    void close() {
      drive.close();
    }

    @Override
    public Storage storage() {
      return STORAGE;
    }

    @Override
    public String root() {
      return drive.path("root");
    }

    @Override
    public List<String> everything() {
      return drive.files().stream().map(drive::path).toList();
    }
  }

  @Test
  void saysWhereThereIsNoSpaceLeft() {
    try (MemoryDrive small = MemoryDrive.open(4)) {
      String file = small.path("a");
      assertThatThrownBy(() -> STORAGE.writeText(file, "12345"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              "no space left while writing " + file + ": free some, or choose another place");
      assertThat(small.files()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "hdfs://namenode:8020/models/m | no file system for hdfs:// on the class path: run SLIM_PROFILES=hdfs runners/slim, which builds it in, or add org.apache.beam:beam-sdks-java-io-hadoop-file-system to your own pipeline",
        "s3://bucket/m | no file system for s3:// on the class path: run SLIM_PROFILES=s3 runners/slim, which builds it in, or add org.apache.beam:beam-sdks-java-io-amazon-web-services2 to your own pipeline",
        "gs://bucket/m | no file system for gs:// on the class path: run SLIM_PROFILES=gcs runners/slim, which builds it in, or add org.apache.beam:beam-sdks-java-extensions-google-cloud-platform-core to your own pipeline",
        "ftp://host/m | no file system for ftp:// is known: expected a local path, hdfs://, s3:// or gs://, or Beam's module for ftp:// on the class path",
      })
  void saysWhatToAddForASchemeThatIsNotThere(String path, String message) {
    for (FileUse use : FileUse.values()) {
      assertThatThrownBy(() -> use.on(path))
          .as("%s", use)
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(path)
          .hasMessageEndingWith(": " + message);
    }
    assertThatThrownBy(() -> ReadTexts.files(path))
        .isInstanceOf(BadInputException.class)
        .hasMessage(path + ": " + message);
  }

  /** Each way to ask for a file. */
  private enum FileUse {
    OPEN,
    CREATE,
    LIST,
    RENAME,
    DELETE,
    DELETE_TREE,
    RESOLVE,
    EXISTS;

    void on(String path) throws IOException {
      switch (this) {
        case OPEN -> STORAGE.open(path).close();
        case CREATE -> STORAGE.create(path).close();
        case LIST -> STORAGE.list(path, "*");
        case RENAME -> STORAGE.rename(path, path + "2");
        case DELETE -> STORAGE.delete(List.of(path));
        case DELETE_TREE -> STORAGE.deleteTree(path);
        case RESOLVE -> STORAGE.resolve(path, "a");
        case EXISTS -> STORAGE.exists(path);
      }
    }
  }
}

package io.github.slimbeam.transforms;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import io.github.slimbeam.transforms.storage.Storage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.List;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileSystemsStorageTest {
  private static final Storage STORAGE = new FileSystemsStorage();

  @TempDir private Path directory;
  private final MemoryDrive drive = MemoryDrive.open();

  @BeforeEach
  void registerFileSystems() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @AfterEach
  void closeDrive() {
    drive.close();
  }

  private String root(boolean local) {
    return local ? directory.toString() : drive.path("root");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void writesReadsMovesListsAndDeletes(boolean local) throws IOException {
    String root = root(local);
    String file = STORAGE.resolve(root, "a/b.txt");
    assertThat(file).isEqualTo(root + "/a/b.txt");
    assertThat(STORAGE.exists(file)).isFalse();
    STORAGE.writeText(file, "one");
    STORAGE.writeText(file, "zwölf");
    assertThat(STORAGE.read(file)).isEqualTo("zwölf".getBytes(UTF_8));
    STORAGE.rename(file, STORAGE.resolve(root, "c/d.txt"));
    STORAGE.writeText(STORAGE.resolve(root, "c/a.txt"), "");
    assertThat(STORAGE.exists(file)).isFalse();
    assertThat(STORAGE.list(root + "/c/*")).containsExactly(root + "/c/a.txt", root + "/c/d.txt");
    assertThat(STORAGE.list(root + "/none/*")).isEmpty();
    STORAGE.delete(List.of(root + "/c/a.txt", root + "/c/d.txt", root + "/gone"));
    assertThat(STORAGE.list(root + "/c/*")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void readsByPosition(boolean local) throws IOException {
    String file = root(local) + "/digits";
    STORAGE.writeText(file, "0123456789");
    try (SeekableByteChannel channel = STORAGE.open(file)) {
      assertThat(channel.size()).isEqualTo(10);
      ByteBuffer two = ByteBuffer.allocate(2);
      channel.position(7);
      Storage.readFully(channel, two, file);
      assertThat(two.array()).asString().isEqualTo("78");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void leavesNothingOfAFileThatWasNotFinished(boolean local) throws IOException {
    String file = root(local) + "/half";
    STORAGE.writeText(file, "whole");
    assertThatThrownBy(
            () ->
                STORAGE.write(
                    file,
                    channel -> {
                      Storage.writeFully(channel, ByteBuffer.allocate(3));
                      throw new IOException("torn");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("torn");
    assertThat(STORAGE.list(root(local) + "/*")).containsExactly(file);
    assertThat(STORAGE.read(file)).asString().isEqualTo("whole");
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
}

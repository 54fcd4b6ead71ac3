// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every file system must do for this project; a test class says which one. */
public interface StorageContract {
  Storage storage();

  /** A directory for this test alone, without a slash at its end. */
  String root();

  /** All that is below the root, files and directories, however the file system tells. */
  List<String> everything() throws IOException;

  private String path(String name) {
    return storage().resolve(root(), name);
  }

  private void write(String... names) throws IOException {
    for (String name : names) {
      storage().writeText(path(name), name);
    }
  }

  private String text(String name) throws IOException {
    return new String(storage().read(path(name)), UTF_8);
  }

  @Test
  default void resolvesNamesWithinADirectory() {
    assertThat(path("a")).isEqualTo(root() + "/a");
    assertThat(path("a/b.txt")).isEqualTo(root() + "/a/b.txt");
    assertThat(storage().resolve(root() + "/", "a/b.txt")).isEqualTo(root() + "/a/b.txt");
  }

  @Test
  default void writesReadsAndReplaces() throws IOException {
    assertThat(storage().exists(path("a/b.txt"))).isFalse();
    storage().writeText(path("a/b.txt"), "the first");
    storage().writeText(path("a/b.txt"), "zwölf");
    assertThat(text("a/b.txt")).isEqualTo("zwölf");
    assertThat(storage().exists(path("a/b.txt"))).isTrue();
    try (WritableByteChannel channel = storage().create(path("a/b.txt"))) {
      Storage.writeFully(channel, UTF_8.encode("by hand"));
    }
    assertThat(text("a/b.txt")).isEqualTo("by hand");
  }

  @Test
  default void keepsAnEmptyFile() throws IOException {
    storage().writeText(path("empty"), "");
    assertThat(storage().exists(path("empty"))).isTrue();
    assertThat(storage().read(path("empty"))).isEmpty();
    assertThat(storage().list(root(), "*")).containsExactly(path("empty"));
  }

  @Test
  default void tellsFilesFromDirectories() throws IOException {
    write("directory/file");
    assertThat(storage().exists(path("directory"))).isFalse();
    assertThat(storage().exists(path("directory/file"))).isTrue();
    assertThat(storage().exists(path("no/file"))).isFalse();
  }

  @Test
  default void opensNothingWhereThereIsNothing() {
    assertThatThrownBy(() -> storage().read(path("gone"))).isInstanceOf(IOException.class);
  }

  /** Large enough for an object store to take it in parts. */
  @Test
  default void readsByPositionIntoAnyBuffer() throws IOException {
    byte[] content = new byte[11 << 20];
    new Random(1).nextBytes(content);
    String file = path("large");
    storage()
        .write(
            file,
            channel -> {
              for (int at = 0; at < content.length; at += 1 << 20) {
                Storage.writeFully(channel, ByteBuffer.wrap(content, at, 1 << 20));
              }
            });
    try (SeekableByteChannel channel = storage().open(file)) {
      assertThat(channel.size()).isEqualTo(content.length);
      for (int at : new int[] {content.length - 9, 7 << 20, 3, 12, 0}) {
        for (int size : new int[] {1, 9, 3 << 20}) {
          int count = Math.min(size, content.length - at);
          for (ByteBuffer buffer :
              List.of(ByteBuffer.allocate(count), ByteBuffer.allocateDirect(count))) {
            channel.position(at);
            assertThat(channel.position()).isEqualTo(at);
            Storage.readFully(channel, buffer, file);
            assertThat(channel.position()).isEqualTo(at + count);
            assertThat(buffer.flip()).isEqualTo(ByteBuffer.wrap(content, at, count));
          }
        }
      }
      channel.position(content.length);
      assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(channel.read(ByteBuffer.allocateDirect(1))).isEqualTo(-1);
    }
  }

  @Test
  default void listsTheFilesThatMatch() throws IOException {
    write("b.json", "a.json", "a.txt", "below/c.json", "below/deeper/d.json");
    assertThat(storage().list(root(), "*"))
        .containsExactly(path("a.json"), path("a.txt"), path("b.json"));
    assertThat(storage().list(root(), "*.json")).containsExactly(path("a.json"), path("b.json"));
    assertThat(storage().list(root(), "a.json")).containsExactly(path("a.json"));
    assertThat(storage().list(root(), "*/c.json")).containsExactly(path("below/c.json"));
    assertThat(storage().list(root(), "none*")).isEmpty();
    assertThat(storage().list(root(), "none/*")).isEmpty();
  }

  @Test
  default void aDirectoryIsTakenLiterally() throws IOException {
    write("m1/a.json", "m[1]/b.json", "m[1]/below/c.json", "m{1,2}/d.json");
    assertThat(storage().list(path("m[1]"), "*")).containsExactly(path("m[1]/b.json"));
    assertThat(storage().list(path("m[1]"), "**"))
        .containsExactly(path("m[1]/b.json"), path("m[1]/below/c.json"));
    assertThat(storage().list(path("m{1,2}"), "*")).containsExactly(path("m{1,2}/d.json"));
    assertThat(storage().exists(path("m[1]/b.json"))).isTrue();
    assertThat(storage().exists(path("m[1]/a.json"))).isFalse();
    storage().deleteTree(path("m[1]"));
    assertThat(text("m1/a.json")).isEqualTo("m1/a.json");
    assertThat(storage().list(path("m[1]"), "**")).isEmpty();
  }

  @Test
  default void deletesOnlyDirectoriesThatHoldNothing() throws IOException {
    write("work/notes", "work/a/gone", "hollow/a/gone");
    storage().delete(List.of(path("work/a/gone"), path("hollow/a/gone")));
    storage().deleteEmptyDirectories(path("work"));
    storage().deleteEmptyDirectories(path("hollow"));
    storage().deleteEmptyDirectories(path("none"));
    assertThat(storage().list(path("work"), "**")).containsExactly(path("work/notes"));
    assertThat(everything()).contains(path("work/notes")).noneMatch(p -> p.contains("hollow"));
  }

  @Test
  default void listsTheFilesBelow() throws IOException {
    write("b.json", "a.txt", "below/c.json", "below/deeper/d.json");
    assertThat(storage().list(root(), "**"))
        .containsExactly(
            path("a.txt"), path("b.json"), path("below/c.json"), path("below/deeper/d.json"));
    assertThat(storage().list(root(), "none/**")).isEmpty();
  }

  @Test
  default void movesAFileAndReplacesTheTarget() throws IOException {
    write("from", "to");
    storage().rename(path("from"), path("to"));
    assertThat(text("to")).isEqualTo("from");
    storage().rename(path("to"), path("a/new/directory/file"));
    assertThat(text("a/new/directory/file")).isEqualTo("from");
    assertThat(storage().list(root(), "**")).containsExactly(path("a/new/directory/file"));
  }

  @Test
  default void doesNotMoveWhatIsNotThere() throws IOException {
    write("to");
    assertThatThrownBy(() -> storage().rename(path("gone"), path("to")))
        .isInstanceOf(IOException.class);
    assertThat(text("to")).isEqualTo("to");
  }

  @Test
  default void deletesFilesOfWhichSomeAreGone() throws IOException {
    write("a", "b", "c");
    storage().delete(List.of(path("a"), path("gone"), path("none/gone"), path("b")));
    assertThat(storage().list(root(), "**")).containsExactly(path("c"));
    storage().delete(List.of());
    storage().delete(List.of(path("gone")));
  }

  @Test
  default void deletesADirectoryWithAllInIt() throws IOException {
    write("tree/a", "tree/empty", "tree/b/c", "tree/b/d/e", "tree2/f", "tree-replaced/g");
    storage().writeText(path("tree/empty"), "");
    write("tree/b/hollow/gone", "kept/hollow/gone");
    storage().delete(List.of(path("tree/b/hollow/gone"), path("kept/hollow/gone")));
    storage().deleteTree(path("tree"));
    storage().deleteTree(path("tree2") + "/");
    storage().deleteTree(path("none"));
    storage().deleteTree(path("kept"));
    assertThat(everything())
        .filteredOn(path -> !path.endsWith("/tree-replaced"))
        .containsExactly(path("tree-replaced/g"));
  }

  @Test
  default void leavesNothingOfAFileThatWasNotFinished() throws IOException {
    write("half");
    assertThatThrownBy(
            () ->
                storage()
                    .write(
                        path("half"),
                        channel -> {
                          Storage.writeFully(channel, ByteBuffer.allocate(3));
                          throw new IOException("torn");
                        }))
        .isInstanceOf(IOException.class)
        .hasMessage("torn");
    assertThat(storage().list(root(), "**")).containsExactly(path("half"));
    assertThat(text("half")).isEqualTo("half");
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command after a run that did not end well, on an object store that broke in the middle. */
class PruneAgainTest {
  /** Of about 300 changes in all, so that the third or fourth sub-layer is at work. */
  private static final int MIDDLE = 40;

  @TempDir private Path directory;
  private Path windows;

  @BeforeEach
  void takeWindows() throws IOException {
    windows = ExampleJob.windows(directory, 2);
  }

  @Test
  void goesOnWhereItWasStoppedAndGivesTheSameModel() throws IOException {
    byte[] expected;
    try (MemoryDrive whole = MemoryDrive.open()) {
      // Two windows through twelve sub-layers.
      assertThat(said(() -> prune(whole)))
          .containsPattern("layer 5 FFN: \\d+ of 352 units kept, error 0.\\d+; sub-layer 12 of 12")
          .containsPattern("moments +24 +6,144 ");
      expected = weights(whole);
    }
    try (MemoryDrive drive = MemoryDrive.open()) {
      stopInTheMiddle(drive);
      assertThat(said(() -> prune(drive, "--layersPerJob=4")))
          .contains("going on with the run in " + drive.path("models/pruned.work"))
          .doesNotContainPattern("moments +24 ");
      assertThat(weights(drive)).isEqualTo(expected);
      assertThat(drive.files()).allMatch(f -> f.startsWith("models/pruned/"));
    }
  }

  @Test
  void refusesOtherOptionsButBeginsAnewWhenAsked() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      drive.breakAfter(MIDDLE);
      assertThatThrownBy(() -> prune(drive)).isNotNull();
      // It stays broken: threads of the failed pipeline may still work for a while.
      List<String> left = drive.files();
      assertThatThrownBy(() -> prune(drive, "--pruningRatio=0.5", "--method=wanda"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining(
              "holds an unfinished run that was asked something else: --method was slimgpt, is wanda;")
          .hasMessageContaining("--pruningRatio was 0.2, is 0.5");
      assertThat(drive.files()).isEqualTo(left);
      drive.breakAfter(Integer.MAX_VALUE);
      assertThat(said(() -> prune(drive, "--method=wanda", "--restart")))
          .doesNotContain("going on");
      assertThat(drive.files()).allMatch(f -> f.startsWith("models/pruned/"));
    }
  }

  @Test
  void takesUpTheWindowsThatWereDrawn() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      stopInTheMiddle(drive);
      String kept = "models/pruned.work/windows/00001.avro";
      drive.damage(kept, content -> Arrays.copyOf(content, content.length / 2));
      assertThatThrownBy(() -> prune(drive))
          .hasStackTraceContaining(
              drive.path(kept) + ": expected a whole record of a WindowShard, found: ");
    }
  }

  @Test
  void refusesOtherTextsOfTheSameName() throws IOException {
    byte[] before = Files.readAllBytes(windows);
    try (MemoryDrive drive = MemoryDrive.open()) {
      stopInTheMiddle(drive);
      Files.writeString(windows, new String(before, UTF_8).replaceFirst("\\[[0-9]+", "[7"));
      assertThatThrownBy(() -> prune(drive))
          .hasStackTraceContaining("asked something else: calibration texts was ");
    } finally {
      Files.write(windows, before);
    }
  }

  @Test
  void leavesNothingWhereNothingWasFinished() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open(100_000)) {
      assertThatThrownBy(() -> prune(drive))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("no space left while writing " + drive.path("models/"));
      assertThat(drive.files()).isEmpty();
    }
  }

  @Test
  void saysWhatItKeepsOfAFullStore() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open(1_500_000)) {
      assertThat(
              said(
                  () ->
                      assertThatThrownBy(() -> prune(drive))
                          .isInstanceOf(BadInputException.class)
                          .hasMessageStartingWith("no space left while writing")))
          .containsPattern(
              "[1-9] pruned sub-layers are kept in "
                  + drive.path("models/pruned.work")
                  + ": the same command goes on after them, --restart begins anew");
      assertThat(drive.files()).allMatch(f -> f.startsWith("models/pruned.work/"));
    }
  }

  @Test
  void aWorkDirectoryElsewhereIsFoundAgainByTheOutput() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      String elsewhere = "--workDirectory=" + drive.path("scratch");
      drive.breakAfter(MIDDLE);
      assertThatThrownBy(() -> prune(drive, elsewhere)).isNotNull();
      drive.breakAfter(Integer.MAX_VALUE);
      assertThat(drive.files()).allMatch(f -> f.matches("scratch/pruned-[0-9a-f]{8}/.*"));
      assertThat(said(() -> prune(drive, elsewhere))).contains("going on with the run in ");
      assertThat(drive.files()).allMatch(f -> f.startsWith("models/pruned/"));
    }
  }

  private void stopInTheMiddle(MemoryDrive drive) {
    drive.breakAfter(MIDDLE);
    assertThatThrownBy(() -> prune(drive)).isNotNull();
    drive.breakAfter(Integer.MAX_VALUE);
    assertThat(drive.files())
        .anyMatch(f -> f.matches("models/pruned.work/pruned/.*avro"))
        .noneMatch(f -> f.startsWith("models/pruned/"));
  }

  private static byte[] weights(MemoryDrive drive) throws IOException {
    return new FileSystemsStorage().read(drive.path("models/pruned/model.safetensors"));
  }

  private void prune(MemoryDrive drive, String... more) throws IOException {
    List<String> options =
        new ArrayList<>(
            List.of(
                "--model=" + ExampleJob.EXAMPLES.resolve("story-llama"),
                "--calibration=" + windows,
                "--output=" + drive.path("models/pruned"),
                "--shards=2",
                "--runner=DirectRunner"));
    options.addAll(List.of(more));
    if (options.stream().noneMatch(option -> option.startsWith("--method="))) {
      options.add("--method=slimgpt");
    }
    Prune.main(options.toArray(String[]::new));
  }

  /** What the command says beside its result. */
  private static String said(ThrowingCallable command) {
    PrintStream usual = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (PrintStream caught = new PrintStream(bytes, true, UTF_8)) {
      System.setErr(caught);
      command.call();
    } catch (Throwable e) {
      throw new AssertionError(bytes.toString(UTF_8), e);
    } finally {
      System.setErr(usual);
    }
    return bytes.toString(UTF_8);
  }
}

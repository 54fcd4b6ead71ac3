// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/** A TaskManager killed at each of twenty moments; {@code target/faults.md} tells what it cost. */
@Tag("faults")
class ManyFaultsTest {
  private static final int MOMENTS = 20;
  private static final int MOMENTS_APART = 10;

  /** A file system of its own on every Linux. */
  private static final Path MEMORY = Path.of("/dev/shm");

  private static final Path TABLE = Path.of("target", "faults.md");

  @TempDir private Path directory;

  @BeforeAll
  static void beginTheTable() throws IOException {
    Files.deleteIfExists(TABLE);
  }

  @Test
  void everyRunEndsTheSame() throws Exception {
    try (FaultTrial trial = FaultTrial.start(Path.of("target", "many-faults"), directory)) {
      loseTaskManagers(trial, MOMENTS);
    }
  }

  /** The output's place cannot be renamed to from the work directory's. */
  @Test
  void everyRunEndsTheSameWithWorkOnAnotherFileSystem(@TempDir(factory = InMemory.class) Path work)
      throws Exception {
    assertThat(Files.getFileStore(work)).isNotEqualTo(Files.getFileStore(directory));
    try (FaultTrial trial =
        FaultTrial.start(Path.of("target", "many-faults-apart"), directory, work)) {
      loseTaskManagers(trial, MOMENTS_APART);
    }
  }

  static final class InMemory implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
        throws IOException {
      return Files.createTempDirectory(MEMORY, "slim-beam-test");
    }
  }

  private static void loseTaskManagers(FaultTrial trial, int moments) throws Exception {
    row("moment | restarts | sub-layers pruned again");
    row("---: | ---: | ---:");
    for (int seed = 1; seed <= moments; seed++) {
      FaultTrial.Cost cost = trial.loseTaskManager(seed);
      row(seed + " | " + cost.restarts() + " | " + cost.repeatedSublayers());
      assertThat(cost.repeatedSublayers()).as("moment %d", seed).isLessThanOrEqualTo(1);
    }
  }

  private static void row(String cells) throws Exception {
    Files.writeString(
        TABLE, "| " + cells + " |\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}

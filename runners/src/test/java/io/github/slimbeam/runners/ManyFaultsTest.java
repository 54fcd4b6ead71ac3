package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A TaskManager killed at each of twenty moments; {@code target/faults.md} tells what it cost. */
@Tag("faults")
class ManyFaultsTest {
  private static final int MOMENTS = 20;
  private static final Path TABLE = Path.of("target", "faults.md");

  @TempDir private Path directory;

  @Test
  void everyRunEndsTheSame() throws Exception {
    Files.deleteIfExists(TABLE);
    row("moment | restarts | sub-layers pruned again");
    row("---: | ---: | ---:");
    try (FaultTrial trial = FaultTrial.start(Path.of("target", "many-faults"), directory)) {
      for (int seed = 1; seed <= MOMENTS; seed++) {
        FaultTrial.Cost cost = trial.loseTaskManager(seed);
        row(seed + " | " + cost.restarts() + " | " + cost.repeatedSublayers());
        assertThat(cost.repeatedSublayers()).as("moment %d", seed).isLessThanOrEqualTo(1);
      }
    }
  }

  private static void row(String cells) throws Exception {
    Files.writeString(
        TABLE, "| " + cells + " |\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}

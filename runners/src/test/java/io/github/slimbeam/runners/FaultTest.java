// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens to processes: killed workers, masters and clients, and two clients at once. */
@Tag("cluster")
class FaultTest {
  private static final Path LOGS = Path.of("target", "faults");

  @TempDir private static Path directory;
  private static FaultTrial trial;

  @BeforeAll
  static void start() throws Exception {
    trial = FaultTrial.start(LOGS, directory);
  }

  @AfterAll
  static void stop() throws IOException {
    trial.close();
  }

  /** Three of the twenty moments of {@link ManyFaultsTest}. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aLostTaskManagerIsMadeUpFor(long seed) throws Exception {
    assertThat(trial.loseTaskManager(seed).repeatedSublayers()).isLessThanOrEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 25})
  void aWorkerThatIsSilentForSecondsSpoilsNothing(int seconds) throws Exception {
    trial.freezeTaskManager("frozen-" + seconds, Duration.ofSeconds(seconds));
  }

  @Test
  void afterALostJobManagerTheSameCommandGoesOn() throws Exception {
    Path output = trial.output("jobmanager");
    int finished;
    try (SlimProcess client = trial.submit(output)) {
      trial.waitFor(client, output, FaultTrial.SUBLAYERS / 2, 300);
      trial.cluster().killJobManager();
      client.kill();
    }
    trial.cluster().startJobManager();
    trial.cluster().waitForSlots(2);
    finished = trial.finished(output);
    long before = trial.prunedInLogs();
    try (SlimProcess client = trial.submit(output)) {
      assertThat(client.await().with(0).output()).contains("going on with the run in ");
    }
    trial.isAsReference(output);
    assertThat(trial.prunedInLogs() - before).isLessThanOrEqualTo(FaultTrial.SUBLAYERS - finished);
  }

  @Test
  void afterALostClientTheSameCommandTakesItsJobOver() throws Exception {
    Path output = trial.output("client");
    try (SlimProcess client = trial.submit(output)) {
      trial.waitFor(client, output, 2, 0);
      client.kill();
    }
    try (SlimProcess client = trial.submit(output)) {
      // The lost client's job may end before a busy machine has started another client.
      assertThat(client.await().with(0).output())
          .containsAnyOf("going on with the run in ", "finished by a submission before this one");
    }
    trial.isAsReference(output);
    assertThat(trial.cluster().jobs("RUNNING")).isEmpty();
  }

  @Test
  void ofTwoClientsAtOnceOneStopsAndTheOtherGivesTheModel() throws Exception {
    Path output = trial.output("twice");
    try (SlimProcess first = trial.submit(output)) {
      trial.waitFor(first, output, 1, 0);
      try (SlimProcess second = trial.submit(output)) {
        second.await().with(0);
        assertThat(first.await().with(2).output())
            .contains("was taken over by a later submission of the same run");
      }
    }
    trial.isAsReference(output);
  }
}

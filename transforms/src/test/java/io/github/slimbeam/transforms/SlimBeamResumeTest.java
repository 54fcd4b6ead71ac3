// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.pruning.SlimBeam;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs of our own method that stop anywhere, in the dense pass too, and go on. */
class SlimBeamResumeTest {
  private static final FileSystemsStorage STORAGE = new FileSystemsStorage();
  private static final int MOMENTS = 8;

  @BeforeAll
  static void registerFileSystems() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @Test
  void endsTheSameWhereverItWasStopped() throws IOException {
    byte[] expected;
    int changes;
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = run(drive);
      int before = drive.changes();
      prune(run, drive.path("pruned"));
      changes = drive.changes() - before;
      expected = weights(drive);
      assertThat(drive.files())
          .as("nothing of the work is left")
          .filteredOn(file -> !file.startsWith("model/"))
          .allMatch(file -> file.startsWith("pruned/"));
    }
    Random random = new Random(4);
    for (int i = 0; i < MOMENTS; i++) {
      int moment = changes * i / MOMENTS + random.nextInt(changes / MOMENTS);
      try (MemoryDrive drive = MemoryDrive.open()) {
        SmallRun run = run(drive);
        drive.breakAfter(moment);
        assertThatThrownBy(() -> prune(run, drive.path("pruned")))
            .as("after %d changes", moment)
            .isNotNull();
        drive.breakAfter(Integer.MAX_VALUE);
        SmallRun again = run.submittedAgain();
        prune(
            new SmallRun(again.model(), again.work(), run.windows(), run.plan()),
            drive.path("pruned"));
        assertThat(weights(drive))
            .as("after %d of %d changes", moment, changes)
            .isEqualTo(expected);
      }
    }
  }

  @Test
  void statesThatTheDensePassLeavesAreThoseThatWouldBeMadeAgain(@TempDir Path directory)
      throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = run(drive);
      assertThat(STORAGE.room(run.work().directory())).as("nobody knows").isEmpty();
      assertThat(STORAGE.room(directory.toString())).as("enough for some kB").isPresent();
      prune(run, drive.path("pruned"));
      prune(enough(SmallRun.in(directory)), directory.resolve("pruned").toString());
      assertThat(directory.resolve("pruned/model.safetensors")).hasBinaryContent(weights(drive));
    }
  }

  private static SmallRun run(MemoryDrive drive) throws IOException {
    return enough(SmallRun.on(drive));
  }

  /** With windows enough for a refit. */
  private static SmallRun enough(SmallRun run) {
    return new SmallRun(run.model(), run.work(), SmallRun.windows(40, 12), run.plan());
  }

  private static byte[] weights(MemoryDrive drive) throws IOException {
    return STORAGE.read(drive.path("pruned/model.safetensors"));
  }

  private static void prune(SmallRun run, String output) {
    SlimBeam method = SlimBeam.defaults();
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(run.windows()).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(
            PruneModel.in(
                run.work(),
                method,
                PlanPruning.by(PlanRequest.of("global", 0.4), run.work())
                    .eliminatingBy(method.elimination(), 2),
                2,
                output));
    pipeline.run();
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.pruning.PruningMethod;
import io.github.slimbeam.transforms.pruning.SlimGpt;
import io.github.slimbeam.transforms.pruning.Wanda;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.storage.MemoryDrive;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.work.HiddenStateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Runs that stop in the middle, and the same run submitted again. */
class ResumeTest {
  private static final FileSystemsStorage STORAGE = new FileSystemsStorage();
  private static final int MOMENTS = 4;
  private static final int LAST_MOMENTS = 10;

  @BeforeAll
  static void registerFileSystems() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  /** Wherever the drive fails, nothing looks like a model, and the second attempt ends the same. */
  @Test
  void endsTheSameWhereverItWasStopped() throws IOException {
    byte[] expected;
    int changes;
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      int before = drive.changes();
      prune(run, drive);
      changes = drive.changes() - before;
      expected = weights(drive);
    }
    for (int moment : moments(changes)) {
      try (MemoryDrive drive = MemoryDrive.open()) {
        SmallRun run = SmallRun.on(drive);
        drive.breakAfter(moment);
        assertThatThrownBy(() -> prune(run, drive)).as("after %d changes", moment).isNotNull();
        if (drive.files().contains("pruned/config.json")) {
          assertThat(weights(drive)).isEqualTo(expected);
        }
        drive.breakAfter(Integer.MAX_VALUE);
        prune(run.submittedAgain(), drive);
        assertThat(weights(drive))
            .as("after %d of %d changes", moment, changes)
            .isEqualTo(expected);
        assertThat(drive.files())
            .as("after %d of %d changes", moment, changes)
            .filteredOn(
                f -> !f.startsWith("model/") && !f.contains(".partial-" + run.work().submission()))
            .allMatch(f -> f.startsWith("pruned/"));
      }
    }
  }

  /** Some moments at random, and each of the last, in which the model is moved to its place. */
  private static List<Integer> moments(int changes) {
    Random random = new Random(4);
    List<Integer> moments = new ArrayList<>();
    for (int i = 0; i < MOMENTS; i++) {
      moments.add(random.nextInt(changes - LAST_MOMENTS));
    }
    for (int i = 1; i <= LAST_MOMENTS; i++) {
      moments.add(changes - i);
    }
    return moments;
  }

  /** A bit that is another in the middle of a file, and a file that ends half-way. */
  @Test
  void whatWasDamagedIsRefusedByNameOrNotNeeded() throws IOException {
    List<UnaryOperator<byte[]>> damages =
        List.of(
            content -> {
              content[content.length * 2 / 3] ^= 4;
              return content;
            },
            content -> Arrays.copyOf(content, content.length / 2));
    try (MemoryDrive whole = MemoryDrive.open()) {
      prune(SmallRun.on(whole), whole);
      int refused = 0;
      for (UnaryOperator<byte[]> damage : damages) {
        for (int file = 0, files = 1; file < files; file++) {
          try (MemoryDrive drive = MemoryDrive.open()) {
            SmallRun run = SmallRun.on(drive);
            prune(run, drive, model -> model.between(0, 1));
            List<String> left =
                drive.files().stream().filter(f -> f.startsWith("work/")).sorted().toList();
            files = left.size();
            drive.damage(left.get(file), damage);
            try {
              prune(run.submittedAgain(), drive);
              assertThat(weights(drive)).as(left.get(file)).isEqualTo(weights(whole));
            } catch (Pipeline.PipelineExecutionException e) {
              refused++;
              assertThat(e).hasCauseInstanceOf(BadInputException.class);
              assertThat(e.getMessage()).contains(left.get(file));
              assertThat(drive.files()).noneMatch(f -> f.startsWith("pruned/"));
            }
          }
        }
      }
      // The claim, both records and both weight files; states that the next layer needs, once cut.
      assertThat(refused).isGreaterThanOrEqualTo(10);
    }
  }

  @Test
  void layersInSeveralJobsGiveTheSameModel() throws IOException {
    try (MemoryDrive whole = MemoryDrive.open();
        MemoryDrive parts = MemoryDrive.open()) {
      prune(SmallRun.on(whole), whole);
      SmallRun run = SmallRun.on(parts);
      prune(run, parts, model -> model.between(0, 1));
      assertThat(parts.files()).noneMatch(f -> f.startsWith("pruned/"));
      assertThat(run.work().finished().layers(2)).isOne();
      prune(run.submittedAgain(), parts, model -> model.between(1, 2));
      assertThat(weights(parts)).isEqualTo(weights(whole));
    }
  }

  @Test
  void aLayerWhosePredecessorIsNotPrunedIsRefused() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      assertThatThrownBy(() -> prune(run, drive, model -> model.between(1, 2)))
          .hasStackTraceContaining("layer 0 FFN is not pruned yet, or its record was removed");
    }
  }

  @Test
  void takesUpWhatIsFinishedAndOnlyThat() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      prune(run, drive, model -> model.between(0, 1));
      List<PrunedSublayer> finished = finished(run);
      assertThat(finished).hasSize(2);
      SmallRun again = run.submittedAgain();
      prune(again, drive, PruneModel::keepingWork);
      assertThat(finished(run)).hasSize(4).startsWith(finished.toArray(PrunedSublayer[]::new));
      assertThat(STORAGE.exists(again.work().finished().writtenFile())).isTrue();
    }
  }

  @Test
  void refusesAnotherMethodAndOtherWindows() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      prune(run, drive, model -> model.between(0, 1));
      SmallRun again = run.submittedAgain();
      refused(again, new Wanda(), again.windows(), drive, "method was slimgpt, is wanda");
      SlimGpt damped =
          new SlimGpt(SlimGpt.defaults().headScore(), SlimGpt.defaults().groupSizes(), 0.5);
      refused(again, damped, again.windows(), drive, "damping was 0.01, is 0.5.");
      refused(
          again,
          SmallRun.METHOD,
          again.windows().subList(1, 14),
          drive,
          "calibration windows was 14 of digest");
      refused(again.withShards(4), SmallRun.METHOD, again.windows(), drive, "shards was 3, is 4.");
      assertThat(finished(run)).hasSize(2);
    }
  }

  @Test
  void aSubmissionThatWasTakenOverStops() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun first = SmallRun.on(drive);
      prune(first, drive, model -> model.between(0, 1));
      SmallRun second = first.submittedAgain();
      prune(second, drive, model -> model.between(1, 2).keepingWork());
      assertThatThrownBy(() -> prune(first, drive))
          .hasCauseInstanceOf(BadInputException.class)
          .hasStackTraceContaining("was taken over by a later submission of the same run");
      prune(second, drive);
    }
  }

  /**
   * Of two that find nobody there, the one that takes the directory holds it, whatever clocks say.
   */
  @Test
  void ofTwoFirstSubmissionsOneHoldsTheDirectory() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun one = SmallRun.on(drive);
      SmallRun other = one.submittedAgain();
      prune(one, drive, model -> model.between(0, 1));
      List<String> files = List.copyOf(drive.files());
      assertThatThrownBy(() -> prune(other, drive))
          .hasCauseInstanceOf(BadInputException.class)
          .hasStackTraceContaining("was taken over by");
      assertThat(drive.files()).containsExactlyElementsOf(files);
      prune(one, drive);
    }
  }

  @Test
  void windowsAreTakenUpOnceTheWeightsAreKnown() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open();
        MemoryDrive whole = MemoryDrive.open()) {
      prune(SmallRun.on(whole), whole);
      SmallRun run = SmallRun.on(drive);
      assertThat(run.work().hasWindows()).isFalse();
      prune(run, drive, model -> model.between(0, 1));
      SmallRun again = run.submittedAgain();
      assertThat(again.work().hasWindows()).isTrue();
      assertThat(again.withShards(4).work().hasWindows()).isFalse();
      Pipeline pipeline = Pipeline.create();
      PCollection<TokenSequence> windows = pipeline.apply(ReadWindows.of(again.work()));
      PAssert.that(windows).containsInAnyOrder(run.windows());
      windows.apply(PruneModel.in(again.work(), SmallRun.METHOD, run.plan(), drive.path("pruned")));
      pipeline.run();
      assertThat(weights(drive)).isEqualTo(weights(whole));
    }
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      prune(run, drive, model -> model.between(0, 1));
      STORAGE.delete(List.of(drive.path("work/" + name(run) + "/weights.avro")));
      assertThat(run.submittedAgain().work().hasWindows()).isFalse();
    }
  }

  /** The same size, other bytes: what was pruned before does not go with what is left. */
  @Test
  void refusesOtherWeightsOfTheSameSize() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open()) {
      SmallRun run = SmallRun.on(drive);
      prune(run, drive, model -> model.between(0, 1));
      List<PrunedSublayer> finished = finished(run);
      byte[] weights = STORAGE.read(drive.path("model/model.safetensors"));
      byte[] others = weights.clone();
      others[others.length - 3] ^= 1;
      put(drive, others);
      assertThatThrownBy(() -> prune(run.submittedAgain(), drive))
          .hasCauseInstanceOf(BadInputException.class)
          .hasStackTraceContaining(
              "the weights are not those that the run in "
                  + run.work().directory()
                  + " was begun with: was model.safetensors of SHA-256 ");
      assertThat(finished(run)).isEqualTo(finished);
      put(drive, weights);
      prune(run.submittedAgain(), drive);
    }
  }

  /**
   * Stopped before the weights were known: hidden states of whoever knows which are not taken up.
   */
  @Test
  void whatWasMadeBeforeTheWeightsWereKnownIsDropped() throws IOException {
    try (MemoryDrive drive = MemoryDrive.open();
        MemoryDrive whole = MemoryDrive.open()) {
      prune(SmallRun.on(whole), whole);
      SmallRun run = SmallRun.on(drive);
      List<PrunedSublayer> before = pruneFirst(run, drive);
      STORAGE.delete(List.of(drive.path("work/" + name(run) + "/weights.avro")));
      SmallRun again = run.submittedAgain();
      prune(again, drive, PruneModel::keepingWork);
      assertThat(finished(run)).doesNotContainAnyElementsOf(before);
      assertThat(weights(drive)).isEqualTo(weights(whole));
      assertThat(STORAGE.exists(drive.path("work/" + name(run) + "/weights.avro"))).isTrue();
    }
  }

  private static List<PrunedSublayer> pruneFirst(SmallRun run, MemoryDrive drive)
      throws IOException {
    prune(run, drive, model -> model.between(0, 1));
    return finished(run);
  }

  private static String name(SmallRun run) {
    return run.work().directory().replaceAll(".*/", "");
  }

  private static void put(MemoryDrive drive, byte[] weights) throws IOException {
    STORAGE.write(
        drive.path("model/model.safetensors"),
        channel -> Storage.writeFully(channel, ByteBuffer.wrap(weights)));
  }

  private static void refused(
      SmallRun run,
      PruningMethod method,
      List<TokenSequence> windows,
      MemoryDrive drive,
      String difference) {
    PruneModel model = PruneModel.in(run.work(), method, run.plan(), drive.path("pruned"));
    assertThatThrownBy(() -> run(model, windows))
        .hasCauseInstanceOf(BadInputException.class)
        .hasStackTraceContaining(
            "holds an unfinished run that was asked something else: " + difference);
  }

  private static List<PrunedSublayer> finished(SmallRun run) throws IOException {
    List<PrunedSublayer> finished = new ArrayList<>();
    for (int stage = 0; stage < 4; stage++) {
      run.work()
          .finished()
          .sublayer(HiddenStateFiles.sublayerEntered(stage))
          .ifPresent(finished::add);
    }
    return finished;
  }

  private static byte[] weights(MemoryDrive drive) throws IOException {
    return STORAGE.read(drive.path("pruned/model.safetensors"));
  }

  private static void prune(SmallRun run, MemoryDrive drive) {
    prune(run, drive, UnaryOperator.identity());
  }

  private static void prune(SmallRun run, MemoryDrive drive, UnaryOperator<PruneModel> with) {
    run(
        with.apply(PruneModel.in(run.work(), SmallRun.METHOD, run.plan(), drive.path("pruned"))),
        run.windows());
  }

  private static void run(PruneModel model, List<TokenSequence> windows) {
    Pipeline pipeline = Pipeline.create();
    pipeline
        .apply(Create.of(windows).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(model);
    pipeline.run();
  }
}

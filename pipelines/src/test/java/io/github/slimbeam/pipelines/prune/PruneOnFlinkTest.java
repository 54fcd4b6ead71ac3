// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.model.ExampleModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** In F32, where a sum that is taken in another order gives other bytes. */
class PruneOnFlinkTest {
  private static final Path CONFIGURATION =
      Path.of("..", "runners", "flink", "embedded").toAbsolutePath().normalize();

  @TempDir private Path directory;

  @Test
  void makesTheSameBytesAtEveryParallelismAndWithoutFlink() throws IOException {
    Path windows = ExampleJob.windows(directory, 8);
    Path model = ExampleModel.writeF32(directory.resolve("model"));
    Path direct = directory.resolve("direct");
    ExampleJob.prune(model, direct, windows, "--runner=DirectRunner", "--shards=7");
    List<List<Integer>> kept = ExampleJob.kept(direct);
    byte[] weights = Files.readAllBytes(direct.resolve("model.safetensors"));
    for (String run : List.of("1", "2", "3", "4")) {
      Path output = directory.resolve("flink " + run);
      onFlink(model, output, windows, run);
      assertThat(ExampleJob.kept(output)).as("parallelism %s", run).isEqualTo(kept);
      assertThat(Files.readAllBytes(output.resolve("model.safetensors")))
          .as("parallelism %s", run)
          .isEqualTo(weights);
    }
    assertThat(ExampleJob.names(directory))
        .containsExactly(
            "direct", "flink 1", "flink 2", "flink 3", "flink 4", "model", "windows.jsonl");
  }

  private static void onFlink(Path model, Path output, Path windows, String parallelism)
      throws IOException {
    ExampleJob.prune(
        model,
        output,
        windows,
        "--runner=TestFlinkRunner",
        "--flinkMaster=[local]",
        "--useDataStreamForBatch=true",
        "--flinkConfDir=" + CONFIGURATION,
        "--parallelism=" + parallelism,
        "--shards=7");
  }
}

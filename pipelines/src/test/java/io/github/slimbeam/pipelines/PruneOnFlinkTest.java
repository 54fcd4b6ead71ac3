package io.github.slimbeam.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PruneOnFlinkTest {
  private static final Path CONFIGURATION =
      Path.of("..", "runners", "flink", "embedded").toAbsolutePath().normalize();

  @TempDir private Path directory;

  @Test
  void keepsTheSameUnitsAtEveryParallelismAndWithoutFlink() throws IOException {
    Path windows = ExampleJob.windows(directory, 8);
    Path direct = directory.resolve("direct");
    ExampleJob.pruneDirectly(direct, windows, "--shards=4");
    List<List<Integer>> kept = ExampleJob.kept(direct);
    byte[] weights = Files.readAllBytes(direct.resolve("model.safetensors"));
    for (String run : List.of("1", "2", "2 again", "4")) {
      Path output = directory.resolve("flink " + run);
      onFlink(output, windows, run.split(" ")[0]);
      assertThat(ExampleJob.kept(output)).as("parallelism %s", run).isEqualTo(kept);
      assertThat(Files.readAllBytes(output.resolve("model.safetensors")))
          .as("parallelism %s", run)
          .isEqualTo(weights);
    }
    assertThat(ExampleJob.names(directory))
        .containsExactly(
            "direct", "flink 1", "flink 2", "flink 2 again", "flink 4", "windows.jsonl");
  }

  private static void onFlink(Path output, Path windows, String parallelism) throws IOException {
    ExampleJob.prune(
        output,
        windows,
        "--runner=TestFlinkRunner",
        "--flinkMaster=[local]",
        "--useDataStreamForBatch=true",
        "--flinkConfDir=" + CONFIGURATION,
        "--parallelism=" + parallelism,
        "--shards=4");
  }
}

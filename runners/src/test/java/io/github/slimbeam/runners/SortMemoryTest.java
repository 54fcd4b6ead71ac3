// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However many layers a model has, each stage sorts with all the memory there is for it. */
class SortMemoryTest {
  @TempDir private Path directory;

  /**
   * The stages of the example model's six layers have 16 MB together: were it divided among them,
   * none would have the pages that a sorter begins with.
   */
  @Test
  void isNotDividedAmongStagesThatRunOneAfterTheOther() throws IOException {
    Path shipped = Path.of("flink", "embedded", "config.yaml");
    String roomy = Files.readString(shipped);
    String tight = roomy.replace("size: 512m", "size: 16m");
    assertThat(tight).isNotEqualTo(roomy);
    Files.writeString(directory.resolve("config.yaml"), tight);
    Path examples = Path.of("..", "pipelines", "examples");
    int code =
        Slim.run(
            new String[] {
              "prune",
              "--model=" + examples.resolve("story-llama"),
              "--calibration=" + examples.resolve("calibration-windows.jsonl"),
              "--output=" + directory.resolve("pruned"),
              "--sequences=1",
              "--shards=1",
              "--parallelism=1",
              "--flinkConfDir=" + directory
            });
    assertThat(code).isZero();
    assertThat(directory.resolve("pruned").resolve("config.json")).exists();
  }
}

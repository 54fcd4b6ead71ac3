// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.pipelines.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import java.io.IOException;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.Test;

class PruneRecipesTest {
  private static RecipeOptions options(String... words) {
    return PipelineOptionsFactory.fromArgs(words).as(RecipeOptions.class);
  }

  @Test
  void saysWhereWorkersStayIdle() {
    RecipeOptions wide = options("--parallelism=64");
    assertThat(PruneRecipes.idleWorkers(wide, 64)).isEmpty();
    assertThat(PruneRecipes.idleWorkers(wide, 16))
        .contains(
            "warning: 64 workers, but the calibration windows travel in 16 shards: the others stay idle."
                + " --shards=64 uses them all, if there are as many windows");
    assertThat(PruneRecipes.idleWorkers(options(), 1)).isEmpty();
  }

  @Test
  void shardsFollowTheSampleUnlessTheyAreGiven() throws IOException {
    ModelConfig config =
        Model.open(new FileSystemsStorage(), ExampleJob.EXAMPLES.resolve("story-llama").toString())
            .config();
    assertThat(PruneRecipes.shards(options(), config, 256)).isEqualTo(4);
    assertThat(PruneRecipes.shards(options("--sequences=1000"), config, 256)).isEqualTo(31);
    assertThat(PruneRecipes.shards(options("--shards=3"), config, 256)).isEqualTo(3);
  }
}

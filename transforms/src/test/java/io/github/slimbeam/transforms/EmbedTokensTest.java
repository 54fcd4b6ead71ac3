// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.slimbeam.schemas.HiddenStates;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(TestPipelineExtension.class)
class EmbedTokensTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 20})
  void writesEveryShardInTheOrderOfItsWindows(int shards, TestPipeline pipeline)
      throws IOException {
    SmallRun run = SmallRun.in(directory).withShards(shards);
    List<TokenSequence> shuffled = new ArrayList<>(run.windows());
    Collections.shuffle(shuffled, new Random(shards));
    List<HiddenStates> expected = new ArrayList<>();
    try (TorchScope scope = TorchScope.open()) {
      for (int i = 0; i < shards; i++) {
        List<Integer> lengths = PlainPruning.lengths(run, i);
        expected.add(
            run.again()
                .work()
                .hiddenStates()
                .write(0, i, lengths, new LanguageModel(run.model()).embed(scope, run.shard(i))));
      }
    }
    PAssert.that(embed(pipeline, run, shuffled))
        .satisfies(
            found -> {
              assertThat(found)
                  .usingElementComparator(EmbedTokensTest::compareButPath)
                  .containsExactlyInAnyOrderElementsOf(expected);
              return null;
            });
    pipeline.run();
    for (HiddenStates shard : expected) {
      assertThat(run.work().hiddenStates().get(0, shard.getShard()))
          .usingComparator(EmbedTokensTest::compareButPath)
          .isEqualTo(shard);
    }
  }

  @Test
  void namesTheIdBeyondTheVocabulary(TestPipeline pipeline) throws IOException {
    List<TokenSequence> foreign = List.of(new TokenSequence(5, List.of(3, 32, 1)));
    // The runner goes on with other shards for a moment, in a place that nobody deletes meanwhile.
    Path target = Files.createDirectories(Path.of("target", "foreign-ids"));
    embed(pipeline, SmallRun.in(target), foreign);
    assertThatThrownBy(pipeline::run)
        .hasCauseInstanceOf(BadInputException.class)
        .hasStackTraceContaining(
            "window 5: token id 32, expected 0 to 31: tokenised for another model?");
  }

  private static PCollection<HiddenStates> embed(
      TestPipeline pipeline, SmallRun run, List<TokenSequence> windows) {
    return pipeline
        .apply(Create.of(windows).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(EmbedTokens.into(run.work()));
  }

  /** The checksum stands for the states. */
  private static int compareButPath(HiddenStates a, HiddenStates b) {
    TensorReference moved =
        TensorReference.newBuilder(a.getStates()).setPath(b.getStates().getPath()).build();
    return HiddenStates.newBuilder(a).setStates(moved).build().compareTo(b);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.slimbeam.schemas.LayerStatistics;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.statistics.LayerDescription;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.testing.TestPipeline;
import org.apache.beam.sdk.testing.TestPipelineExtension;
import org.apache.beam.sdk.transforms.Create;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(TestPipelineExtension.class)
class DescribeLayersTest {
  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 16})
  void saysOfEachLayerWhatThePlainDescriptionSays(int shards, TestPipeline pipeline)
      throws IOException {
    SmallRun run = SmallRun.in(directory).withShards(shards);
    List<LayerStatistics> plain = LayerDescription.of(run.model(), run.windows());
    PAssert.that(
            pipeline
                .apply(Create.of(run.windows()).withCoder(AvroCoder.specific(TokenSequence.class)))
                .apply(DescribeLayers.of(run.work())))
        .satisfies(
            layers -> {
              List<LayerStatistics> actual = new ArrayList<>();
              layers.forEach(actual::add);
              actual.sort(Comparator.comparingInt(LayerStatistics::getLayer));
              assertThat(actual).hasSize(2);
              for (int layer = 0; layer < 2; layer++) {
                check(actual.get(layer), plain.get(layer));
              }
              return null;
            });
    pipeline.run();
  }

  private static void check(LayerStatistics actual, LayerStatistics plain) {
    assertThat(actual.getLayer()).isEqualTo(plain.getLayer());
    assertThat(actual.getTokens()).isEqualTo(plain.getTokens());
    assertThat(values(actual)).hasSize(1 + 2 * 16 + 2 * 24);
    // The forward is F32, and sums in another order for other batches.
    assertThat(values(actual).stream().mapToDouble(v -> v).toArray())
        .containsExactly(
            values(plain).stream().mapToDouble(v -> v).toArray(), Assertions.within(1e-3));
  }

  private static List<Double> values(LayerStatistics layer) {
    List<Double> values = new ArrayList<>(List.of(layer.getCosineSum()));
    for (ByteBuffer bytes :
        List.of(
            layer.getAttentionSum(),
            layer.getAttentionSquares(),
            layer.getFfnSum(),
            layer.getFfnSquares())) {
      double[] part = new double[bytes.remaining() / 8];
      bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).asDoubleBuffer().get(part);
      for (double value : part) {
        values.add(value);
      }
    }
    return values;
  }
}

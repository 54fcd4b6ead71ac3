// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.filesystems.FileSystemsStorage;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.planning.PlanRequest;
import io.github.slimbeam.transforms.pruning.SlimLlm;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.extensions.avro.coders.AvroCoder;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.transforms.Create;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SlimLLM's whole recipe: ratios by similarity, closing linears that gain a bias. */
class PruneWithBiasTest {
  private static final FileSystemsStorage STORAGE = new FileSystemsStorage();

  @TempDir private Path directory;

  @BeforeEach
  void registerFileSystems() {
    FileSystems.setDefaultPipelineOptions(PipelineOptionsFactory.create());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theReopenedModelIsTheMaskedDenseModelWithSlopesAndBiases(boolean biased) throws IOException {
    SmallModel small = SmallModel.llama().withLayers(2).withDtype(DType.F32);
    Model dense = (biased ? small.withBiases() : small).writeTo(directory.resolve("model"));
    SmallRun run = SmallRun.of(dense, directory.toString());
    String output = directory.resolve("pruned").toString();
    prune(run, output);
    Model pruned = Model.open(STORAGE, output);
    JsonNode config = new ObjectMapper().readTree(STORAGE.read(output + "/config.json"));
    assertThat(config.get("attention_output_bias").booleanValue()).isTrue();
    assertThat(config.get("mlp_output_bias").booleanValue()).isTrue();
    JsonNode record = new ObjectMapper().readTree(STORAGE.read(output + "/pruning.json"));
    assertThat(record.get("schedule").textValue()).isEqualTo("similarity");
    assertThat(record.get("parametersAfter").longValue())
        .isEqualTo(pruned.config().parameters(pruned.config().layers()))
        .isLessThan(record.get("parametersBefore").longValue());
    try (TorchScope scope = TorchScope.open()) {
      NDArray masked = masked(scope, dense, pruned, record.get("sublayers"), run.windows());
      NDArray reopened = new LanguageModel(pruned).lastStates(scope, run.windows());
      assertThat(reopened.sub(masked).abs().max().getFloat()).isLessThan(1e-4f);
    }
  }

  /** States after the last layer of the dense model with masked, scaled and biased closings. */
  private static NDArray masked(
      TorchScope scope, Model dense, Model pruned, JsonNode reports, List<TokenSequence> windows)
      throws IOException {
    DecoderForward forward = new DecoderForward(dense.config());
    NDArray all = null;
    for (TokenSequence window : windows) {
      NDArray x = new LanguageModel(dense).embed(scope, List.of(window));
      for (JsonNode report : reports) {
        JsonNode key = report.get("sublayer");
        SublayerKind kind = SublayerKind.valueOf(key.get("kind").textValue());
        int layer = key.get("layer").intValue();
        SublayerWeights whole = SublayerWeights.load(scope, dense, layer, kind);
        SublayerWeights kept = SublayerWeights.load(scope, pruned, layer, kind);
        x = forward.forward(scope, x, 1, masked(whole, kept, report));
      }
      all = all == null ? x : all.concat(x);
    }
    return all;
  }

  private static SublayerWeights masked(
      SublayerWeights whole, SublayerWeights kept, JsonNode report) {
    float[] dense = whole.closing().toFloatArray();
    float[] narrow = kept.closing().toFloatArray();
    int width = dense.length / 16;
    int narrowWidth = narrow.length / 16;
    int size = width / report.get("units").intValue();
    float[] wide = new float[dense.length];
    for (int row = 0; row < 16; row++) {
      double slope = Double.NaN;
      for (int place = 0; place < narrowWidth; place++) {
        int unit = report.get("kept").get(place / size).intValue();
        int column = unit * size + place % size;
        float weight = narrow[row * narrowWidth + place];
        wide[row * width + column] = weight;
        // One slope for the whole row; tiny weights have lost too many digits to tell.
        if (Math.abs(dense[row * width + column]) > 0.01) {
          double ratio = weight / (double) dense[row * width + column];
          slope = Double.isNaN(slope) ? ratio : slope;
          assertThat(ratio).isCloseTo(slope, within(1e-4));
        }
      }
    }
    Map<String, NDArray> tensors = new HashMap<>(whole.tensors());
    tensors.put("closing.weight", whole.closing().getManager().create(wide, new Shape(16, width)));
    NDArray bias = kept.tensors().get("closing.bias");
    // Where nothing goes nothing is added: zeros, or the dense linear's own.
    if (width == narrowWidth) {
      NDArray own = whole.tensors().getOrDefault("closing.bias", bias.mul(0));
      assertThat(bias.toFloatArray()).containsExactly(own.toFloatArray());
    } else {
      assertThat(bias.abs().max().getFloat()).isPositive();
    }
    tensors.put("closing.bias", bias);
    return new SublayerWeights(whole.layer(), whole.kind(), whole.shape(), tensors, whole.traits());
  }

  private static void prune(SmallRun run, String output) {
    PlanPruning planning = PlanPruning.by(PlanRequest.of("similarity", 0.5), run.work());
    // Without the copies that DirectRunner makes to catch changed elements.
    Pipeline pipeline =
        Pipeline.create(
            PipelineOptionsFactory.fromArgs(
                    "--enforceImmutability=false", "--enforceEncodability=false")
                .create());
    pipeline
        .apply(Create.of(run.windows()).withCoder(AvroCoder.specific(TokenSequence.class)))
        .apply(PruneModel.in(run.work(), SlimLlm.defaults(), planning, 2, output));
    pipeline.run();
  }
}

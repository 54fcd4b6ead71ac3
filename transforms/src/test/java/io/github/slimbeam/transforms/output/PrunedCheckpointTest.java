// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.output;

import static io.github.slimbeam.transforms.output.PrunedModelDirectoryTest.prune;
import static io.github.slimbeam.transforms.output.PrunedModelDirectoryTest.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.checkpoint.TensorEntry;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.HandPruned;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A small model pruned by hand, written, and opened again. */
class PrunedCheckpointTest {
  private static final String DENSE = "dense";

  @TempDir Path directory;

  @ParameterizedTest
  @MethodSource("io.github.slimbeam.transforms.model.Families#all")
  void thePrunedModelOfAFamilyIsTheMaskedDenseOne(Family family) throws IOException {
    for (boolean tied : List.of(true, false)) {
      SmallModel small = SmallModel.of(family).withBiases();
      assertReopensAsMasked(tied ? small.withTiedHead() : small, "tied" + tied);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "F16", "BF16"})
  void thePrunedModelOfATypeIsTheMaskedDenseOne(DType dtype) throws IOException {
    assertReopensAsMasked(SmallModel.llama().withDtype(dtype), dtype.name());
  }

  private void assertReopensAsMasked(SmallModel small, String name) throws IOException {
    Path place = directory.resolve(name);
    Model dense = small.writeTo(place.resolve(DENSE));
    boolean heads = dense.config().isPrunable(SublayerKind.ATTENTION);
    List<PrunedSublayer> pruned =
        prune(dense, place).stream()
            .filter(p -> heads || p.getReport().getSublayer().getKind() != SublayerKind.ATTENTION)
            .toList();
    Model reopened = write(dense, pruned, place, PrunedCheckpoint.MAX_FILE);
    assertThat(reopened.config().layers())
        .containsExactly(
            new LayerShape(heads ? 2 : 4, heads ? 1 : 2, 24),
            new LayerShape(4, 2, 20),
            new LayerShape(heads ? 2 : 4, heads ? 1 : 2, 3));
    assertThat(reopened.config().tied()).isEqualTo(small.tied());
    reopened
        .config()
        .tensors(reopened.config().layers())
        .forEach(
            (tensor, shape) -> {
              TensorEntry entry = reopened.checkpoint().tensors().get(tensor);
              assertThat(entry.shape()).isEqualTo(shape);
              assertThat(entry.dtype()).isEqualTo(small.dtype());
            });
    List<TokenSequence> batch = MaskedModel.sequences(4);
    try (TorchScope scope = TorchScope.open()) {
      // F32, logits of the order of 10: sums over fewer columns, two orders above rounding.
      assertThat(
              MaskedModel.distance(
                  MaskedModel.logits(scope, reopened, batch),
                  MaskedModel.logits(scope, dense, pruned, batch)))
          .isLessThan(1e-4f);
    }
    assertThat(new LanguageModel(reopened).likelihood(batch).getNegativeLogLikelihood())
        .isFinite()
        .isPositive();
  }

  @Test
  void keptRowsAndEverythingElseKeepTheirBytes() throws IOException {
    Model dense = SmallModel.llama().withBiases().writeTo(directory.resolve(DENSE));
    Model reopened = write(dense, prune(dense, directory), directory, PrunedCheckpoint.MAX_FILE);
    byte[] up = HandPruned.bytes(dense, "model.layers.2.mlp.up_proj.weight");
    byte[] expected = new byte[3 * 32];
    int[] kept = {0, 9, 23};
    for (int i = 0; i < 3; i++) {
      System.arraycopy(up, kept[i] * 32, expected, i * 32, 32);
    }
    assertThat(HandPruned.bytes(reopened, "model.layers.2.mlp.up_proj.weight")).isEqualTo(expected);
    byte[] bias = HandPruned.bytes(dense, "model.layers.0.self_attn.k_proj.bias");
    assertThat(HandPruned.bytes(reopened, "model.layers.0.self_attn.k_proj.bias"))
        .isEqualTo(Arrays.copyOfRange(bias, 8, 16));
    for (String same :
        List.of(
            "lm_head.weight",
            "model.layers.0.self_attn.o_proj.bias",
            "model.layers.1.self_attn.q_proj.weight",
            "model.layers.0.mlp.down_proj.weight")) {
      assertThat(HandPruned.bytes(reopened, same)).isEqualTo(HandPruned.bytes(dense, same));
    }
  }

  @Test
  void severalFilesHaveAnIndexAndStayBelowTheLimit() throws IOException {
    Model dense = SmallModel.llama().writeTo(directory.resolve(DENSE));
    List<PrunedSublayer> pruned = prune(dense, directory);
    PrunedCheckpoint checkpoint = new PrunedCheckpoint(dense, pruned, 1200);
    int count = checkpoint.files().size();
    assertThat(count).isGreaterThan(3);
    Set<String> names = new TreeSet<>();
    for (PrunedCheckpoint.WeightFile file : checkpoint.files()) {
      names.add(file.name());
      assertThat(
              file.tensors().size() == 1
                  || file.tensors().stream().mapToLong(t -> t.size()).sum() <= 1200)
          .isTrue();
    }
    assertThat(names)
        .contains(String.format("model-00001-of-%05d.safetensors", count))
        .hasSize(count);
    Model reopened = write(dense, pruned, directory, 1200);
    assertThat(reopened.checkpoint().files()).isEqualTo(names);
    assertThat(checkpoint.index().path("metadata").path("total_size").asLong())
        .isEqualTo(2 * reopened.config().parameters(reopened.config().layers()));
  }

  @Test
  void theConfigurationKeepsEveryFieldAndAddsTheWidths() throws IOException {
    SmallModel small = SmallModel.llama();
    SmallModel.write(
        directory.resolve(DENSE), small.config().put("future", "kept"), small.tensors());
    Model dense = Model.open(ExampleModel.STORAGE, directory.resolve(DENSE).toString());
    ObjectNode config =
        write(dense, prune(dense, directory), directory, PrunedCheckpoint.MAX_FILE).config().json();
    ObjectNode rest = config.deepCopy();
    assertThat(config.path("architectures")).hasToString("[\"SlimLlamaForCausalLM\"]");
    assertThat(config.path("model_type").asText()).isEqualTo("slim_llama");
    assertThat(config.path(ModelConfig.HEADS_PER_LAYER)).hasToString("[2,4,2]");
    assertThat(config.path(ModelConfig.GROUPS_PER_LAYER)).hasToString("[1,2,1]");
    assertThat(config.path(ModelConfig.CHANNELS_PER_LAYER)).hasToString("[24,20,3]");
    rest.remove(
        List.of(
            "auto_map",
            ModelConfig.HEADS_PER_LAYER,
            ModelConfig.GROUPS_PER_LAYER,
            ModelConfig.CHANNELS_PER_LAYER));
    rest.set("architectures", dense.config().json().get("architectures"));
    rest.put("model_type", dense.config().json().path("model_type").asText());
    assertThat(rest).isEqualTo(dense.config().json());
  }

  @Test
  void aPrunedModelCanBePrunedAgain() throws IOException {
    Model dense = SmallModel.llama().writeTo(directory.resolve(DENSE));
    Model once = write(dense, prune(dense, directory), directory, PrunedCheckpoint.MAX_FILE);
    Path second = directory.resolve("again");
    List<PrunedSublayer> pruned =
        List.of(
            HandPruned.keep(once, second, 1, SublayerKind.ATTENTION, 0),
            HandPruned.keep(once, second, 2, SublayerKind.FFN, 1, 2));
    Model twice = write(once, pruned, second, PrunedCheckpoint.MAX_FILE);
    assertThat(twice.config().layers())
        .containsExactly(
            new LayerShape(2, 1, 24), new LayerShape(2, 1, 20), new LayerShape(2, 1, 2));
    List<TokenSequence> batch = MaskedModel.sequences(2);
    try (TorchScope scope = TorchScope.open()) {
      assertThat(
              MaskedModel.distance(
                  MaskedModel.logits(scope, twice, batch),
                  MaskedModel.logits(scope, once, pruned, batch)))
          .isLessThan(1e-4f);
    }
  }
}

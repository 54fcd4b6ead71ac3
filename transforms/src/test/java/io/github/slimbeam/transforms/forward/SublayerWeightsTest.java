// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.DType;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.SafetensorsWriter;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.HandPruned;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.MaskedModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.SmallModel;
import io.github.slimbeam.transforms.storage.BadInputException;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Slicing a sub-layer is the same as zeroing what its removed units contribute. */
class SublayerWeightsTest {
  @TempDir Path directory;

  @Test
  void aSlicedSublayerEqualsTheMaskedOne() throws IOException {
    for (DType dtype : List.of(DType.BF16, DType.F16, DType.F32)) {
      Path place = directory.resolve(dtype.name());
      Model model = SmallModel.llama().withBiases().withDtype(dtype).writeTo(place);
      for (Integer group : List.of(0, 1)) {
        assertSlicedEqualsMasked(
            model, HandPruned.keep(model, place, 1, SublayerKind.ATTENTION, group));
      }
      assertSlicedEqualsMasked(
          model, HandPruned.keep(model, place, 2, SublayerKind.FFN, 0, 3, 4, 11, 23));
    }
  }

  private static void assertSlicedEqualsMasked(Model model, PrunedSublayer pruned)
      throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      DecoderForward forward = new DecoderForward(model.config());
      NDArray x = new LanguageModel(model).embed(scope, MaskedModel.sequences(3));
      SublayerWeights sliced = SublayerWeights.load(scope, model, pruned);
      LayerShape dense = model.config().layers().get(0);
      SublayerKind kind = pruned.getReport().getSublayer().getKind();
      assertThat(sliced.shape())
          .isEqualTo(dense.keeping(kind, pruned.getReport().getKept().size()));
      NDArray whole = forward.forward(scope, x, 3, MaskedModel.sublayer(scope, model, pruned));
      // F32, states of the order of 1: two orders above rounding.
      assertThat(MaskedModel.distance(forward.forward(scope, x, 3, sliced), whole))
          .isLessThan(1e-5f);
      NDArray untouched =
          forward.forward(
              scope,
              x,
              3,
              SublayerWeights.load(
                  scope, model, pruned.getReport().getSublayer().getLayer(), kind));
      assertThat(MaskedModel.distance(untouched, whole)).isGreaterThan(1e-2f);
    }
  }

  @Test
  void openingLinearsLoseRowsAndNothingElseDoes() throws IOException {
    Model model = SmallModel.llama().withBiases().writeTo(directory);
    try (TorchScope scope = TorchScope.open()) {
      SublayerWeights weights =
          SublayerWeights.load(
              scope, model, HandPruned.keep(model, directory, 0, SublayerKind.ATTENTION, 1));
      assertThat(weights.tensors())
          .hasEntrySatisfying("norm.weight", t -> assertShape(t, 16))
          .hasEntrySatisfying("query.weight", t -> assertShape(t, 8, 16))
          .hasEntrySatisfying("query.bias", t -> assertShape(t, 8))
          .hasEntrySatisfying("key.weight", t -> assertShape(t, 4, 16))
          .hasEntrySatisfying("value.bias", t -> assertShape(t, 4))
          .hasEntrySatisfying("closing.weight", t -> assertShape(t, 16, 8))
          .hasEntrySatisfying("closing.bias", t -> assertShape(t, 16))
          .hasSize(9);
      float[] dense =
          DecoderForwardTest.load(scope, model, "model.layers.0.self_attn.q_proj.weight")
              .toFloatArray();
      assertThat(weights.tensors().get("query.weight").toFloatArray())
          .containsExactly(Arrays.copyOfRange(dense, 8 * 16, 16 * 16));
    }
  }

  @Test
  void weightsThatAreNotFiniteAreRefused() throws IOException {
    String name = "model.layers.0.input_layernorm.weight";
    float[] gains = new float[16];
    gains[7] = Float.POSITIVE_INFINITY;
    List<SafetensorsWriter.Source> tensors = new ArrayList<>(SmallModel.llama().tensors());
    tensors.replaceAll(
        t -> t.name().equals(name) ? SmallModel.source(name, DType.F32, List.of(16L), gains) : t);
    SmallModel.write(directory, SmallModel.llama().config(), tensors);
    Model model = Model.open(ExampleModel.STORAGE, directory.toString());
    try (TorchScope scope = TorchScope.open()) {
      assertThatThrownBy(() -> SublayerWeights.load(scope, model, 0, SublayerKind.ATTENTION))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              directory
                  + "/model.safetensors: tensor "
                  + name
                  + " contains NaN or infinite values: the checkpoint is damaged");
    }
  }

  @Test
  void positionsOfUnitsAreTheirColumns() {
    assertThat(SublayerWeights.positions(List.of(0, 2), 3)).containsExactly(0, 1, 2, 6, 7, 8);
    assertThat(SublayerWeights.positions(List.of(5, 1), 1)).containsExactly(5, 1);
    assertThat(SublayerWeights.positions(List.of(), 4)).isEmpty();
  }

  private static void assertShape(NDArray tensor, long... shape) {
    assertThat(tensor.getShape().getShape()).containsExactly(shape);
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.checkpoint.SafetensorsFile;
import io.github.slimbeam.transforms.model.ExampleModel;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** Against transformers' LlamaForCausalLM in float32, whose states and logits the fixture holds. */
public class DecoderForwardTest {

  @Test
  void equalsTransformers() throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      Model model = ExampleModel.open();
      DecoderForward forward = new DecoderForward(model.config());
      NDArray ids =
          ExampleModel.fixture(scope, "forward", "input_ids")
              .toType(DataType.INT64, false)
              .reshape(new Shape(128));
      NDArray table = load(scope, model, model.config().family().embedding());
      NDArray x = forward.embed(scope, table, ids);
      for (int layer = 0; layer < model.config().layers().size(); layer++) {
        assertThat(distance(x, ExampleModel.fixture(scope, "forward", "hidden_states." + layer)))
            .as("states entering layer %d", layer)
            .isLessThan(1e-4f);
        for (SublayerKind kind : SublayerKind.values()) {
          x = forward.forward(scope, x, 2, SublayerWeights.load(scope, model, layer, kind));
        }
      }
      NDArray logits = OutputHead.load(scope, model).logits(scope, x);
      assertThat(distance(logits, ExampleModel.fixture(scope, "forward", "logits")))
          .isLessThan(1e-4f);
    }
  }

  public static NDArray load(TorchScope scope, Model model, String tensor) throws IOException {
    try (SafetensorsFile file = model.checkpoint().open(tensor)) {
      return TensorBytes.loadFinite(scope, file, tensor);
    }
  }

  private static float distance(NDArray actual, NDArray expected) {
    return actual.sub(expected.reshape(actual.getShape())).abs().max().getFloat();
  }
}

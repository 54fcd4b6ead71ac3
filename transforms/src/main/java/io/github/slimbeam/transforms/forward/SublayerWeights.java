// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The weights of one sub-layer in native memory, in F32, by role: {@code norm}, {@code
 * query.weight}, {@code closing.bias} and so on.
 *
 * @param layer its layer, counted from 0
 * @param kind attention or FFN
 * @param shape shape of the layer, of which this sub-layer's part counts
 * @param tensors by role; they belong to the scope they were loaded in
 */
public record SublayerWeights(
    int layer, SublayerKind kind, LayerShape shape, Map<String, NDArray> tensors) {

  private static final String CLOSING_WEIGHT = Family.CLOSING + ".weight";
  private static final String CLOSING_BIAS = Family.CLOSING + ".bias";

  /** Loads a sub-layer as the checkpoint has it. */
  public static SublayerWeights load(TorchScope scope, Model model, int layer, SublayerKind kind)
      throws IOException {
    Family family = model.config().family();
    Map<String, NDArray> tensors = new HashMap<>();
    tensors.put("norm", model.load(scope, family.tensor(layer, family.sublayer(kind).norm())));
    for (Map.Entry<String, Family.Linear> entry : family.sublayer(kind).linears().entrySet()) {
      Family.Linear linear = entry.getValue();
      tensors.put(
          entry.getKey() + ".weight", model.load(scope, family.tensor(layer, linear.weight())));
      if (model.config().hasBias(linear)) {
        tensors.put(
            entry.getKey() + ".bias", model.load(scope, family.tensor(layer, linear.bias())));
      }
    }
    return new SublayerWeights(layer, kind, model.config().layers().get(layer), tensors);
  }

  /**
   * Loads a sub-layer as pruned: the kept rows of the opening linears, and the new closing linear.
   */
  public static SublayerWeights load(TorchScope scope, Model model, PrunedSublayer pruned)
      throws IOException {
    int layer = pruned.getReport().getSublayer().getLayer();
    SublayerKind kind = pruned.getReport().getSublayer().getKind();
    Map<String, NDArray> tensors = new HashMap<>();
    LayerShape dense = model.config().layers().get(layer);
    try (TorchScope whole = TorchScope.open()) {
      load(whole, model, layer, kind)
          .tensors
          .forEach(
              (role, tensor) ->
                  tensors.put(role, keptRows(scope, model, role, tensor, dense, pruned)));
    }
    Storage storage = model.checkpoint().storage();
    tensors.put(CLOSING_WEIGHT, TensorBytes.load(scope, storage, pruned.getWeight()));
    if (pruned.getBias() != null) {
      tensors.put(CLOSING_BIAS, TensorBytes.load(scope, storage, pruned.getBias()));
    }
    return new SublayerWeights(
        layer, kind, dense.keeping(kind, pruned.getReport().getKept().size()), tensors);
  }

  private static NDArray keptRows(
      TorchScope scope,
      Model model,
      String role,
      NDArray tensor,
      LayerShape dense,
      PrunedSublayer pruned) {
    Family.Linear linear =
        model
            .config()
            .family()
            .sublayer(pruned.getReport().getSublayer().getKind())
            .linears()
            .get(role.split("\\.")[0]);
    if (linear == null || linear.rows() == Family.Dimension.hidden) {
      return scope.adopt(tensor);
    }
    int span = model.config().span(linear.rows(), dense);
    int[] rows = positions(pruned.getReport().getKept(), span);
    return Selection.of(scope, tensor, 0, rows);
  }

  /** Which one it is, for messages. */
  String where() {
    return "layer " + layer + " " + kind;
  }

  /** The closing linear, [hidden, width]. */
  public NDArray closing() {
    return requireNonNull(tensors.get(CLOSING_WEIGHT), CLOSING_WEIGHT);
  }

  /** The entries along an axis that belong to these units. */
  public static int[] positions(Iterable<Integer> units, int span) {
    IntStream.Builder positions = IntStream.builder();
    for (int unit : units) {
      for (int i = 0; i < span; i++) {
        positions.add(unit * span + i);
      }
    }
    return positions.build().toArray();
  }
}

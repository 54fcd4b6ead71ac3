// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.forward;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.index.NDIndex;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TensorReference;
import io.github.slimbeam.transforms.model.Family;
import io.github.slimbeam.transforms.model.LayerShape;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.model.ModelConfig;
import io.github.slimbeam.transforms.storage.Storage;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TensorBytes;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one sub-layer in native memory, in F32, by role: {@code norm.weight}, {@code
 * query.weight}, {@code closing.bias} and so on. What is fused in the checkpoint is apart here.
 *
 * @param layer its layer, counted from 0
 * @param kind attention or FFN
 * @param shape shape of the layer, of which this sub-layer's part counts
 * @param tensors by role; they belong to the scope they were loaded in
 * @param traits what is computed with them, as {@link ForwardTraits} has it; in the same scope
 */
public record SublayerWeights(
    int layer,
    SublayerKind kind,
    LayerShape shape,
    Map<String, NDArray> tensors,
    Map<String, NDArray> traits) {

  private static final String CLOSING_WEIGHT = Family.CLOSING + ".weight";
  private static final String CLOSING_BIAS = Family.CLOSING + ".bias";

  /** Loads a sub-layer as the checkpoint has it. */
  public static SublayerWeights load(TorchScope scope, Model model, int layer, SublayerKind kind)
      throws IOException {
    ModelConfig config = model.config();
    LayerShape shape = config.layers().get(layer);
    Map<String, NDArray> tensors = new HashMap<>();
    for (Map.Entry<String, Family.Weight> entry :
        config.family().sublayer(kind).weights().entrySet()) {
      Family.Weight weight = entry.getValue();
      String module = config.family().tensor(layer, entry.getKey());
      split(scope, model, weight, shape, module, "weight", tensors);
      if (config.hasBias(weight)) {
        split(scope, model, weight, shape, module, "bias", tensors);
      }
    }
    return new SublayerWeights(
        layer, kind, shape, tensors, ForwardTraits.of(scope, config, layer, kind));
  }

  private static void split(
      TorchScope scope,
      Model model,
      Family.Weight weight,
      LayerShape shape,
      String module,
      String part,
      Map<String, NDArray> tensors)
      throws IOException {
    NDArray whole = model.load(scope, module + "." + part);
    if (!weight.isLinear()) {
      whole = ForwardTraits.gain(scope, whole, model.config().traits());
    }
    List<ModelConfig.Part> roles = model.config().parts(weight, shape);
    for (ModelConfig.Part rows : roles) {
      tensors.put(
          rows.role() + "." + part,
          roles.size() == 1
              ? whole
              : scope.adopt(
                  whole.get(new NDIndex("{}:{}", rows.begin(), rows.begin() + rows.size()))));
    }
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
    Map<String, TensorReference> fitted = new HashMap<>();
    pruned.getOpenings().forEach(opening -> fitted.put(opening.getName(), opening));
    try (TorchScope whole = TorchScope.open()) {
      Map<String, NDArray> all = load(whole, model, layer, kind).tensors;
      for (Family.Weight weight : model.config().family().sublayer(kind).weights().values()) {
        for (Map.Entry<String, Family.Dimension> rows : weight.rows().entrySet()) {
          for (String part : new String[] {".weight", ".bias"}) {
            String name = rows.getKey() + part;
            if (fitted.containsKey(name)) {
              tensors.put(
                  name, TensorBytes.load(scope, model.checkpoint().storage(), fitted.get(name)));
            } else if (all.containsKey(name)) {
              NDArray tensor = requireNonNull(all.get(name), name);
              tensors.put(
                  name,
                  rows.getValue().hasUnits()
                      ? keptRows(scope, model, tensor, rows.getValue(), dense, pruned)
                      : scope.adopt(tensor));
            }
          }
        }
      }
    }
    return pruned(scope, model, pruned, tensors);
  }

  private static SublayerWeights pruned(
      TorchScope scope, Model model, PrunedSublayer pruned, Map<String, NDArray> tensors)
      throws IOException {
    int layer = pruned.getReport().getSublayer().getLayer();
    SublayerKind kind = pruned.getReport().getSublayer().getKind();
    LayerShape dense = model.config().layers().get(layer);
    Storage storage = model.checkpoint().storage();
    tensors.put(CLOSING_WEIGHT, TensorBytes.load(scope, storage, pruned.getWeight()));
    if (pruned.getBias() != null) {
      tensors.put(CLOSING_BIAS, TensorBytes.load(scope, storage, pruned.getBias()));
    }
    return new SublayerWeights(
        layer,
        kind,
        dense.keeping(kind, pruned.getReport().getKept().size()),
        tensors,
        ForwardTraits.of(scope, model.config(), layer, kind));
  }

  /** Loads what closes a sub-layer as pruned: the new closing linear, and norms. */
  public static SublayerWeights closing(TorchScope scope, Model model, PrunedSublayer pruned)
      throws IOException {
    int layer = pruned.getReport().getSublayer().getLayer();
    SublayerKind kind = pruned.getReport().getSublayer().getKind();
    ModelConfig config = model.config();
    LayerShape dense = config.layers().get(layer);
    Map<String, NDArray> tensors = new HashMap<>();
    for (Map.Entry<String, Family.Weight> entry :
        config.family().sublayer(kind).weights().entrySet()) {
      Family.Weight weight = entry.getValue();
      String module = config.family().tensor(layer, entry.getKey());
      if (!weight.isLinear()) {
        split(scope, model, weight, dense, module, "weight", tensors);
      } else if (weight.rows().containsKey(Family.CLOSING) && config.hasBias(weight)) {
        split(scope, model, weight, dense, module, "bias", tensors);
      }
    }
    return pruned(scope, model, pruned, tensors);
  }

  private static NDArray keptRows(
      TorchScope scope,
      Model model,
      NDArray tensor,
      Family.Dimension dimension,
      LayerShape dense,
      PrunedSublayer pruned) {
    int span = model.config().span(dimension, dense);
    return Selection.of(scope, tensor, 0, positions(pruned.getReport().getKept(), span));
  }

  /** The same weights, to be computed with in this; numbers of the scope belong to it. */
  public SublayerWeights in(TorchScope scope, Compute compute) {
    if (compute == Compute.FLOAT32) {
      return this;
    }
    Map<String, NDArray> narrow = new HashMap<>(traits);
    narrow.put(compute.optionName(), scope.number(1));
    return new SublayerWeights(layer, kind, shape, tensors, narrow);
  }

  /** Which one it is, for messages. */
  String where() {
    return "layer " + layer + " " + kind;
  }

  /**
   * The gain of the norm behind a sub-layer's closing linear, [hidden], F32; null where there is
   * none.
   */
  public static @Nullable NDArray gainAfter(
      TorchScope scope, Model model, int layer, SublayerKind kind) throws IOException {
    ModelConfig config = model.config();
    for (Map.Entry<String, Family.Weight> entry :
        config.family().sublayer(kind).weights().entrySet()) {
      if (entry.getValue().rows().containsKey("normAfter")) {
        String module = config.family().tensor(layer, entry.getKey());
        return ForwardTraits.gain(scope, model.load(scope, module + ".weight"), config.traits());
      }
    }
    return null;
  }

  /** Whether a norm stands behind the closing linear. */
  public boolean hasNormAfter() {
    return tensors.containsKey("normAfter.weight");
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

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.github.slimbeam.schemas.PrunedSublayer;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.DecoderForward;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.OutputHead;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/** The dense model with the removed units' closing columns zeroed: what slicing must equal. */
public final class MaskedModel {
  private MaskedModel() {}

  /** A sub-layer, whole, whose removed units no longer reach its output. */
  public static SublayerWeights sublayer(TorchScope scope, Model model, PrunedSublayer pruned)
      throws IOException {
    SublayerKey key = pruned.getReport().getSublayer();
    SublayerWeights dense = SublayerWeights.load(scope, model, key.getLayer(), key.getKind());
    NDArray closing = dense.closing();
    int width = (int) closing.getShape().get(1);
    float[] mask = new float[width];
    int span = width / pruned.getReport().getUnits();
    for (int column : SublayerWeights.positions(pruned.getReport().getKept(), span)) {
      mask[column] = 1;
    }
    Map<String, NDArray> tensors = new HashMap<>(dense.tensors());
    NDArray row = closing.getManager().create(mask, new Shape(1, width));
    tensors.put("closing.weight", closing.mul(row));
    return new SublayerWeights(dense.layer(), dense.kind(), dense.shape(), tensors, dense.traits());
  }

  /** Logits of a batch under the masked model. */
  public static NDArray logits(
      TorchScope scope, Model model, List<PrunedSublayer> pruned, List<TokenSequence> batch)
      throws IOException {
    Map<SublayerKey, PrunedSublayer> byKey =
        pruned.stream().collect(Collectors.toMap(p -> p.getReport().getSublayer(), p -> p));
    DecoderForward forward = new DecoderForward(model.config());
    NDArray x = new LanguageModel(model).embed(scope, batch);
    for (int layer = 0; layer < model.config().layers().size(); layer++) {
      for (SublayerKind kind : SublayerKind.values()) {
        PrunedSublayer sublayer = byKey.get(new SublayerKey(layer, kind));
        SublayerWeights weights =
            sublayer == null
                ? SublayerWeights.load(scope, model, layer, kind)
                : sublayer(scope, model, sublayer);
        x = forward.forward(scope, x, batch.size(), weights);
      }
    }
    return head(scope, model, x);
  }

  /** Logits of a batch under the model as it is. */
  public static NDArray logits(TorchScope scope, Model model, List<TokenSequence> batch)
      throws IOException {
    return head(scope, model, new LanguageModel(model).lastStates(scope, batch));
  }

  private static NDArray head(TorchScope scope, Model model, NDArray x) throws IOException {
    return OutputHead.load(scope, model).logits(scope, x);
  }

  /** Random sequences of a small model's vocabulary, all 9 tokens long. */
  public static List<TokenSequence> sequences(int count) {
    Random random = new Random(11);
    return random
        .ints(count)
        .mapToObj(i -> new TokenSequence(0, random.ints(9, 0, 32).boxed().toList()))
        .toList();
  }

  public static float distance(NDArray a, NDArray b) {
    return a.sub(b).abs().max().getFloat();
  }
}

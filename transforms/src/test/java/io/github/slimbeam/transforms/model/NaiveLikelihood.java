// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.model;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.TokenSequence;
import io.github.slimbeam.transforms.forward.LanguageModel;
import io.github.slimbeam.transforms.forward.OutputHead;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.List;

/** Σ ln p of a sequence's last tokens, one sequence at a time, by the whole softmax in Java. */
public final class NaiveLikelihood {
  private NaiveLikelihood() {}

  public static double of(Model model, List<Integer> tokens, int scored) throws IOException {
    try (TorchScope scope = TorchScope.open()) {
      NDArray states =
          new LanguageModel(model).lastStates(scope, List.of(new TokenSequence(0, tokens)));
      float[] logits = OutputHead.load(scope, model).logits(scope, states).toFloatArray();
      int vocabulary = model.config().vocabulary();
      double sum = 0;
      for (int t = tokens.size() - scored - 1; t + 1 < tokens.size(); t++) {
        double partition = 0;
        for (int id = 0; id < vocabulary; id++) {
          partition += Math.exp(logits[t * vocabulary + id]);
        }
        sum += logits[t * vocabulary + tokens.get(t + 1)] - Math.log(partition);
      }
      return sum;
    }
  }
}

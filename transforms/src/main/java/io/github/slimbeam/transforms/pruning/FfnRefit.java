// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.schemas.SublayerKey;
import io.github.slimbeam.schemas.SublayerKind;
import io.github.slimbeam.transforms.forward.ShardForward;
import io.github.slimbeam.transforms.forward.SublayerWeights;
import io.github.slimbeam.transforms.model.Model;
import io.github.slimbeam.transforms.torch.Selection;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@link OpeningRefit} of a model's FFN, where one is asked for: gathers its weights and tokens.
 *
 * @param model the dense one
 * @param refitting what is asked for
 */
record FfnRefit(Model model, Refitting refitting) {

  /**
   * What comes of it; nothing for attentions, for sub-layers that lose nothing and meet their
   * target, and where there is no window to be looked at beside those that are fitted to.
   */
  Optional<OpeningRefit.Fitted> fit(
      TorchScope scope, PruningProblem problem, PruningOutcome outcome, TokenSource source)
      throws IOException {
    if (refitting.refit() != Refit.FULL
        || problem.kind() != SublayerKind.FFN
        || !outcome.compensated()) {
      return Optional.empty();
    }
    SublayerKey key = problem.sublayer();
    int[] kept = outcome.kept().stream().mapToInt(Integer::intValue).toArray();
    try (TorchScope inner = scope.nested()) {
      SublayerWeights dense = SublayerWeights.load(inner, model, key.getLayer(), key.getKind());
      int windows = (int) Math.max(1, refitting.tokens(model.config().hidden()) / source.length());
      RefitTokens tokens =
          RefitTokens.of(
              inner, source, ShardForward.of(model.config(), source.batchTokens()), dense, windows);
      if (tokens.fitted().isEmpty() || tokens.heldOut().isEmpty()) {
        return Optional.empty();
      }
      PruningProblem left =
          new PruningProblem(
              problem.where(),
              key,
              Selection.of(inner, problem.weight(), 1, kept),
              List.of(),
              problem.moments(),
              kept.length,
              1,
              0);
      OpeningRefit.Fitted fitted =
          new OpeningRefit(tokens, dense.traits(), left, refitting.rounds())
              .fit(
                  inner,
                  rows(inner, dense, kept),
                  outcome.weight(),
                  model.openingType(key.getLayer(), key.getKind()));
      fitted.openings().map((m, up) -> scope.adopt(m));
      scope.adopt(fitted.closing());
      return Optional.of(fitted);
    }
  }

  private static Map<String, NDArray> rows(TorchScope scope, SublayerWeights dense, int... kept) {
    Map<String, NDArray> rows = new HashMap<>();
    for (String name : List.of(GaussNewton.UP, GaussNewton.GATE, "up.bias", "gate.bias")) {
      NDArray tensor = dense.tensors().get(name);
      if (tensor != null) {
        rows.put(name, Selection.of(scope, tensor, 0, kept));
      }
    }
    return rows;
  }
}

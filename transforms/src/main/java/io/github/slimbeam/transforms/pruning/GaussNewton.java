// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static java.util.Objects.requireNonNull;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * An FFN's opening weights U and G fitted to targets, its closing weights D as they are: the
 * outputs linearised in both,
 *
 * <pre>
 *   min Σ ‖r − D (s₁ ∘ (ΔU h) + s₂ ∘ (ΔG h))‖² + l_U ‖ΔU‖² + l_G ‖ΔG‖²     s₁ = s f(a)     s₂ = s b f′(a)
 * </pre>
 *
 * <p>over tokens of inputs h and weights s, a = G h, b = U h, r what D (s f(a) ∘ b) lacks of the
 * target; by conjugate gradients, preconditioned row by row with (A + λI)⁻¹ · mean diag(A + λI) /
 * (ρ + l), A = Σ h hᵀ, ρ_j = Σ s₁ⱼ² ‖D_:j‖² mean(h²), l = 0.01 mean ρ.
 *
 * <p><em>Cost</em>: 16 N · hidden · F flops a step in F32 for N tokens and F channels, 4 of which
 * make s₁ and s₂ again. <em>Memory</em>: ten matrices of U's shape in F32, and a batch's
 * activations.
 *
 * @param tokens batches to be fitted to
 * @param traits of the FFN: which activation
 */
record GaussNewton(List<RefitTokens.Batch> tokens, Map<String, NDArray> traits) {
  private static final TorchProgram PROGRAM = TorchProgram.of(GaussNewton.class);
  private static final double DAMPING = 0.01;

  static final String UP = "up.weight";
  static final String GATE = "gate.weight";
  private static final String CLOSING = "closing.weight";

  /** One matrix for U and one for G. */
  record Pair(NDArray up, NDArray gate) {
    static Pair zeros(TorchScope scope, Pair like) {
      return new Pair(zeros(scope, like.up), zeros(scope, like.gate));
    }

    private static NDArray zeros(TorchScope scope, NDArray like) {
      return scope.zeros(DataType.FLOAT32, like.getShape().getShape());
    }

    Pair map(BiFunction<NDArray, Boolean, NDArray> function) {
      return new Pair(function.apply(up, true), function.apply(gate, false));
    }
  }

  /** U and G among weights by role. */
  static Pair openings(Map<String, NDArray> weights) {
    return new Pair(requireNonNull(weights.get(UP), UP), requireNonNull(weights.get(GATE), GATE));
  }

  /** Weights by role with other openings. */
  static Map<String, NDArray> with(Map<String, NDArray> weights, Pair openings) {
    Map<String, NDArray> all = new HashMap<>(weights);
    all.put(UP, openings.up());
    all.put(GATE, openings.gate());
    return all;
  }

  /** Weights by role with another closing linear, F32, and what is computed of it once. */
  static Map<String, NDArray> closing(
      TorchScope scope, Map<String, NDArray> weights, NDArray closing) {
    Map<String, NDArray> all = new HashMap<>(weights);
    all.put(CLOSING, PROGRAM.call(scope, "narrow", closing));
    all.put("closing.columns", PROGRAM.call(scope, "columns", all.get(CLOSING)));
    return all;
  }

  /** Σ ‖target − output‖² over batches, which may be others than those that are fitted to. */
  static double error(
      List<RefitTokens.Batch> tokens, Map<String, NDArray> weights, Map<String, NDArray> traits) {
    double sum = 0;
    for (RefitTokens.Batch batch : tokens) {
      try (TorchScope scope = TorchScope.open()) {
        sum +=
            PROGRAM
                .call(
                    scope, "error", batch.inputs(), batch.scale(), batch.target(), weights, traits)
                .getDouble();
      }
    }
    return sum;
  }

  /** Σ ‖target‖² over batches. */
  static double energy(List<RefitTokens.Batch> tokens) {
    double sum = 0;
    for (RefitTokens.Batch batch : tokens) {
      try (TorchScope scope = TorchScope.open()) {
        sum += PROGRAM.call(scope, "squares", batch.target()).getDouble();
      }
    }
    return sum;
  }

  /** The closing linear's input of a batch, each token times its weight, [tokens, F]. */
  static NDArray closingInput(
      TorchScope scope,
      RefitTokens.Batch batch,
      Map<String, NDArray> weights,
      Map<String, NDArray> traits) {
    return PROGRAM.call(scope, "closing_input", batch.inputs(), batch.scale(), weights, traits);
  }

  /** x + a y, new. */
  static Pair sum(TorchScope scope, Pair x, Pair y, double a) {
    return new Pair(
        PROGRAM.call(scope, "sum", x.up(), y.up(), a),
        PROGRAM.call(scope, "sum", x.gate(), y.gate(), a));
  }

  /**
   * The change of U and G after so many steps of conjugate gradients.
   *
   * @param weights by role: gate, up and their biases, F32, and what {@link #closing} made
   */
  Pair solve(TorchScope scope, Map<String, NDArray> weights, int steps) {
    try (TorchScope inner = scope.nested()) {
      Pair like = openings(weights);
      Pair residual = Pair.zeros(inner, like);
      Preconditioner near = begin(inner, weights, residual);
      Pair change = Pair.zeros(inner, like);
      Pair z = near.apply(inner, residual);
      Pair p = z.map((m, up) -> inner.adopt(m.duplicate()));
      double slope = dot(residual, z);
      for (int step = 0; step < steps && slope > 0; step++) {
        try (TorchScope one = inner.nested()) {
          Pair product = curvature(one, weights, near, p);
          double a = slope / dot(p, product);
          add(change, p, a);
          add(residual, product, -a);
          z = near.apply(one, residual);
          double next = dot(residual, z);
          follow(p, z, next / slope);
          slope = next;
        }
      }
      return change.map((m, up) -> scope.adopt(m));
    }
  }

  /** (A + λI)⁻¹ · mean diag(A + λI), rows ρ [F, 1] of either, and l of either. */
  private record Preconditioner(NDArray inverse, Pair rows, double upRidge, double gateRidge) {
    Pair apply(TorchScope scope, Pair r) {
      return r.map(
          (m, up) ->
              PROGRAM.call(
                  scope,
                  "precondition",
                  m,
                  inverse,
                  up ? rows.up() : rows.gate(),
                  up ? upRidge : gateRidge));
    }
  }

  /** Adds up the gradients, and what the preconditioner needs, in one pass. */
  private Preconditioner begin(TorchScope scope, Map<String, NDArray> weights, Pair gradient) {
    long[] shape = gradient.up().getShape().getShape();
    NDArray inputs = scope.zeros(DataType.FLOAT32, shape[1], shape[1]);
    NDArray up = scope.zeros(DataType.FLOAT32, shape[0]);
    NDArray gate = scope.zeros(DataType.FLOAT32, shape[0]);
    for (RefitTokens.Batch batch : tokens) {
      try (TorchScope inner = scope.nested()) {
        PROGRAM.call(
            inner,
            "gradient",
            batch.inputs(),
            batch.scale(),
            batch.target(),
            weights,
            traits,
            gradient.up(),
            gradient.gate(),
            up,
            gate);
        PROGRAM.call(inner, "add_inputs", inputs, batch.inputs());
      }
    }
    Pair rows =
        new Pair(up, gate)
            .map((sums, first) -> PROGRAM.call(scope, "row_curvature", sums, weights));
    return new Preconditioner(
        PROGRAM.call(scope, "inverse", inputs, DAMPING),
        rows,
        DAMPING * mean(scope, rows.up()),
        DAMPING * mean(scope, rows.gate()));
  }

  private static double mean(TorchScope scope, NDArray rows) {
    return PROGRAM.call(scope, "mean", rows).getDouble();
  }

  private Pair curvature(
      TorchScope scope, Map<String, NDArray> weights, Preconditioner near, Pair p) {
    Pair product = Pair.zeros(scope, p);
    for (RefitTokens.Batch batch : tokens) {
      try (TorchScope inner = scope.nested()) {
        PROGRAM.call(
            inner,
            "curvature",
            batch.inputs(),
            batch.scale(),
            weights,
            traits,
            p.up(),
            p.gate(),
            product.up(),
            product.gate());
      }
    }
    add(product.up(), p.up(), near.upRidge());
    add(product.gate(), p.gate(), near.gateRidge());
    return product;
  }

  private static void add(Pair y, Pair x, double a) {
    add(y.up(), x.up(), a);
    add(y.gate(), x.gate(), a);
  }

  private static void add(NDArray y, NDArray x, double a) {
    try (TorchScope scope = TorchScope.open()) {
      PROGRAM.call(scope, "add", y, x, a);
    }
  }

  private static void follow(Pair y, Pair x, double a) {
    try (TorchScope scope = TorchScope.open()) {
      PROGRAM.call(scope, "follow", y.up(), x.up(), a);
      PROGRAM.call(scope, "follow", y.gate(), x.gate(), a);
    }
  }

  private static double dot(Pair x, Pair y) {
    try (TorchScope scope = TorchScope.open()) {
      return PROGRAM.call(scope, "dot", x.up(), y.up()).getDouble()
          + PROGRAM.call(scope, "dot", x.gate(), y.gate()).getDouble();
    }
  }
}

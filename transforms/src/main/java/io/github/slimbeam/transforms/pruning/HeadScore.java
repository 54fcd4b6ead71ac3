// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How SlimGPT scores an attention unit u of d columns. */
public enum HeadScore {
  /**
   * The joint error of removing the unit, tr(W_u (G_uu)⁻¹ W_uᵀ): what the paper's score
   * approximates, at the cost of one triangular solve more (2 m d² flops a unit). The default:
   * better than {@link #GROUPED} at 20 and 30 % on the example model, worse at 50 %.
   */
  EXACT,
  /**
   * The paper's: Σ_j Σ_rows W_j² / L_jj² with L the Cholesky factor of G_uu (eq. 5), W not updated
   * while scoring.
   */
  GROUPED,
  /** Σ_j Σ_rows W_j² / G_jj, columns as if each were alone: the paper's ablation “−GCD”. */
  DIAGONAL;

  /** Its name on the command line. */
  @JsonValue
  public String optionName() {
    return name().toLowerCase(Locale.ROOT);
  }

  String kernel() {
    return optionName() + "_unit_errors";
  }
}

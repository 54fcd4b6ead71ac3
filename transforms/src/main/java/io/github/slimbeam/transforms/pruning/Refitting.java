// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import static io.github.slimbeam.transforms.storage.BadInputException.check;

import io.github.slimbeam.schemas.RecipeOption;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/**
 * A refit and what it may take.
 *
 * @param refit what is solved for once more
 * @param rounds of {@link OpeningRefit}, at most
 * @param tokens that it is fitted to, at most, in whole windows; 0 for 128 for each hidden channel
 */
public record Refitting(Refit refit, int rounds, long tokens) implements Serializable {
  /** Rounds, unless told otherwise: more gain little. */
  public static final int ROUNDS = 2;

  private static final int TOKENS_PER_CHANNEL = 128;

  public Refitting {
    check(rounds > 0, "⟨refitRounds⟩=%d: expected a positive number", rounds);
    check(tokens >= 0, "⟨refitTokens⟩=%d: expected a positive number", tokens);
  }

  /** With what it takes unless told otherwise. */
  public static Refitting of(Refit refit) {
    return new Refitting(refit, ROUNDS, 0);
  }

  /** Tokens at most, for a model of this hidden size. */
  public long tokens(int hidden) {
    return tokens == 0 ? (long) TOKENS_PER_CHANNEL * hidden : tokens;
  }

  /**
   * About how many flops it takes for an FFN beside the closing linear's refit, in F32.
   *
   * @param fittedTokens that opening weights are fitted to
   * @param tokens of the whole sample
   */
  public double flops(double fittedTokens, double tokens, ProblemSize size) {
    return refit == Refit.FULL ? OpeningRefit.flops(fittedTokens, tokens, size, rounds) : 0;
  }

  /** What of it decides the result. */
  List<RecipeOption> options() {
    List<RecipeOption> options = new ArrayList<>();
    if (refit != Refit.NONE) {
      options.add(new RecipeOption("refit", refit.optionName()));
    }
    if (refit == Refit.FULL) {
      options.add(new RecipeOption("refitRounds", Integer.toString(rounds)));
    }
    if (refit == Refit.FULL && tokens > 0) {
      options.add(new RecipeOption("refitTokens", Long.toString(tokens)));
    }
    return options;
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;
import org.jspecify.annotations.Nullable;

/**
 * Closing weights as another target sees them: behind the gain of a norm that follows, each output
 * channel times its gain.
 *
 * @param gain of the norm, [m]; null where none follows
 */
record GainScale(@Nullable NDArray gain) {
  private static final TorchProgram PROGRAM = TorchProgram.of(GainScale.class);

  /** W with the gain in it, F64. */
  NDArray in(TorchScope scope, NDArray weight) {
    return gain == null ? weight : PROGRAM.call(scope, "scaled", weight, gain);
  }

  /** The weights without it; a channel of which the gain is 0 has those of the dense model. */
  NDArray out(TorchScope scope, NDArray weight, NDArray dense, int... kept) {
    return gain == null
        ? weight
        : PROGRAM.call(scope, "unscaled", weight, gain, dense, scope.int64(kept));
  }
}

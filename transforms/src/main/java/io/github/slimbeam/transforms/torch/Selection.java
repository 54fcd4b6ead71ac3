// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.ndarray.NDArray;

/** Some of a tensor's rows or columns, copied in a given order. */
public final class Selection {
  private static final TorchProgram PROGRAM = TorchProgram.of(Selection.class);

  private Selection() {}

  /** The entries at these positions of an axis: 0 selects rows, 1 columns. */
  public static NDArray of(TorchScope scope, NDArray x, int axis, int... positions) {
    try (TorchScope inner = scope.nested()) {
      return scope.adopt(of(inner, x, axis, inner.int64(positions)));
    }
  }

  /** As {@link #of(TorchScope, NDArray, int, int...)}, by positions [n] of type int64. */
  public static NDArray of(TorchScope scope, NDArray x, int axis, NDArray positions) {
    return PROGRAM.call(scope, "select", x, axis, positions);
  }
}

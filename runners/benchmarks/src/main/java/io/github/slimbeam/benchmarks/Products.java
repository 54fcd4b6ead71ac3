// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.benchmarks;

import ai.djl.ndarray.NDArray;
import io.github.slimbeam.transforms.torch.TorchProgram;
import io.github.slimbeam.transforms.torch.TorchScope;

/** The product that all programs use, by itself. */
final class Products {
  private static final TorchProgram PROGRAM = TorchProgram.of(Products.class);

  private Products() {}

  /** x wᵀ, in F32. */
  static NDArray product(TorchScope scope, NDArray x, NDArray w) {
    return PROGRAM.call(scope, "multiply", x, w);
  }

  /** Uniform numbers of both signs. */
  static NDArray random(TorchScope scope, NDArray like, long... shape) {
    return PROGRAM.call(scope, "random", like, shape);
  }
}

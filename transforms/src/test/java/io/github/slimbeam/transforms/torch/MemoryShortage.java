// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.torch;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.types.DataType;

/**
 * Runs out of memory for real: no machine has 2⁵³ bytes, and the engine's own allocator says so.
 */
public final class MemoryShortage {
  private MemoryShortage() {}

  /** Always throws what the engine throws. */
  public static EngineException meet() {
    try (TorchScope scope = TorchScope.open()) {
      scope.zeros(DataType.FLOAT64, 1L << 50);
      throw new AssertionError("8 PiB were allocated");
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.benchmarks;

import java.util.List;

/**
 * A Llama's shape.
 *
 * @param name on the command line
 * @param hidden hidden size
 * @param channels of the FFN
 * @param layers decoder layers
 * @param heads query heads
 * @param groups key-value heads
 * @param vocabulary tokens
 */
record Shape(
    String name, int hidden, int channels, int layers, int heads, int groups, int vocabulary) {
  private static final List<Shape> KNOWN =
      List.of(
          new Shape("1b", 2048, 8192, 16, 32, 8, 32_000),
          new Shape("7b-2", 4096, 11_008, 2, 32, 32, 32_000),
          new Shape("7b-4", 4096, 11_008, 4, 32, 32, 32_000),
          new Shape("7b", 4096, 11_008, 32, 32, 32, 32_000),
          new Shape("70b-1", 8192, 28_672, 1, 64, 8, 32_000),
          new Shape("tiny-80", 64, 128, 80, 4, 2, 512));

  static Shape of(String name) {
    return KNOWN.stream()
        .filter(shape -> shape.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    name + ": expected one of " + KNOWN.stream().map(Shape::name).toList()));
  }

  Shape withLayers(int count, int tokens) {
    return new Shape(name, hidden, channels, count, heads, groups, tokens);
  }

  int headSize() {
    return hidden / heads;
  }
}

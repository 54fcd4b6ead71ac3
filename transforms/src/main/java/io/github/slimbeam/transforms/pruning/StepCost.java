// SPDX-License-Identifier: Apache-2.0
package io.github.slimbeam.transforms.pruning;

/**
 * What a prune step computes, all of it in float64.
 *
 * @param flops floating-point operations of products, factorisations and triangular solves
 * @param bytes written to fresh memory: what copies, elementwise operations and new results take,
 *     which is what small products wait for
 */
public record StepCost(double flops, double bytes) {
  /** The cost of work that is left out. */
  public static final StepCost NOTHING = new StepCost(0, 0);

  /** The cost of both, one after the other. */
  public StepCost plus(StepCost other) {
    return new StepCost(flops + other.flops, bytes + other.bytes);
  }

  /** A product [a, b] · [b, c] and its result. */
  static StepCost product(double a, double b, double c) {
    return new StepCost(2 * a * b * c, a * c * Double.BYTES);
  }

  /** Elements that are copied or computed one by one. */
  static StepCost elements(double count) {
    return new StepCost(0, count * Double.BYTES);
  }
}
